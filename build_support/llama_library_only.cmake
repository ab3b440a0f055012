# Included by CMake right after llama-cpp-python's project(): the Python binding needs libllama and ggml, not llama.cpp's
# common library (with its HTTP client), which would take as long to compile as the rest. The binding's own CMakeLists
# asks for it in the cache; a normal variable set before is left alone (policy CMP0126) and wins.
set(LLAMA_BUILD_COMMON OFF)
