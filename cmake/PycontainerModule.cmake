# pycontainer_module(NAME DEPENDS modules… SOURCES files… [PRIVATE_LIBS targets…])
#   A static library `pycontainer_NAME` (alias pycontainer::NAME). DEPENDS is the only declaration of what the module may include;
#   tests/architecture holds every #include against it.
# pycontainer_test(NAME SOURCES files… [DEPENDS modules…])
#   The executable `test_NAME` with the GoogleTest cases of the module, found by ctest under the label `unit`.
set(PYC_WARNINGS -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wold-style-cast -Wnon-virtual-dtor)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # GCC 12 reports false positives of these from inside the standard library when it optimises.
  list(APPEND PYC_WARNINGS -Wno-restrict -Wno-maybe-uninitialized -Wno-missing-field-initializers)
else()
  list(APPEND PYC_WARNINGS -Wno-missing-field-initializers -Wno-missing-designated-field-initializers -Wno-unknown-warning-option)
endif()

function(pycontainer_options target)
  target_compile_options(${target} PRIVATE ${PYC_WARNINGS} $<$<BOOL:${PYC_WARNINGS_AS_ERRORS}>:-Werror>)
  if(PYC_SANITIZE)
    target_compile_options(${target} PUBLIC -fsanitize=${PYC_SANITIZE} -fno-omit-frame-pointer)
    target_link_options(${target} PUBLIC -fsanitize=${PYC_SANITIZE})
  endif()
endfunction()

function(pycontainer_module name)
  cmake_parse_arguments(PARSE_ARGV 1 module "" "" "DEPENDS;SOURCES;PRIVATE_LIBS")
  add_library(pycontainer_${name} STATIC ${module_SOURCES})
  add_library(pycontainer::${name} ALIAS pycontainer_${name})
  target_include_directories(pycontainer_${name} PUBLIC ${CMAKE_SOURCE_DIR}/native)
  list(TRANSFORM module_DEPENDS PREPEND pycontainer::)
  target_link_libraries(pycontainer_${name} PUBLIC ${module_DEPENDS} PRIVATE ${module_PRIVATE_LIBS})
  pycontainer_options(pycontainer_${name})
endfunction()

function(pycontainer_test name)
  cmake_parse_arguments(PARSE_ARGV 1 test "" "" "DEPENDS;SOURCES")
  add_executable(test_${name} ${test_SOURCES})
  list(TRANSFORM test_DEPENDS PREPEND pycontainer::)
  target_link_libraries(test_${name} PRIVATE pycontainer::${name} ${test_DEPENDS} pycontainer_test_support GTest::gtest_main)
  target_compile_definitions(test_${name} PRIVATE PYC_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
  # Tests are built once and run once: optimising them costs more than it saves.
  target_compile_options(test_${name} PRIVATE $<$<CONFIG:Release>:-O0>)
  pycontainer_options(test_${name})
  gtest_discover_tests(test_${name} TEST_PREFIX ${name}. DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60 PROPERTIES LABELS unit TIMEOUT 60)
endfunction()
