# The default Python package index is pip's built-in constant, so that no host stands in our sources.
# -DPYC_DEFAULT_INDEX=URL overrides it.
set(PYC_DEFAULT_INDEX "" CACHE STRING "Default simple-API URL; empty: pip's built-in constant")
if(PYC_DEFAULT_INDEX STREQUAL "")
  foreach(python ${CMAKE_SOURCE_DIR}/build/tools/venv/bin/python python3)
    execute_process(
      COMMAND ${python} -I -c "from pip._internal.models.index import PyPI; print(PyPI.simple_url)"
      OUTPUT_VARIABLE PYC_DEFAULT_INDEX_FOUND OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET
      RESULT_VARIABLE status)
    if(status EQUAL 0)
      break()
    endif()
  endforeach()
  if(NOT PYC_DEFAULT_INDEX_FOUND MATCHES "^https://")
    message(FATAL_ERROR "the default package index could not be read from pip: run script/setup, or set -DPYC_DEFAULT_INDEX=URL")
  endif()
else()
  set(PYC_DEFAULT_INDEX_FOUND "${PYC_DEFAULT_INDEX}")
endif()
