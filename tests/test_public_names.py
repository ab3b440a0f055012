import rag


def test_the_public_names_of_rag():
    assert rag.__all__ == ["Answer", "Citation", "Delta", "Done", "Engine", "Found", "open_library"]
