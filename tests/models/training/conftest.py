import pytest
import torch


@pytest.fixture(autouse=True, scope="session")
def one_thread():
    """Train on one thread: matrices this small are slower on several."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
