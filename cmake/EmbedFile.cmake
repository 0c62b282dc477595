# pycontainer_embed(TARGET SYMBOL FILE)
#   Makes the contents of FILE a constant of TARGET: `extern const std::string_view SYMBOL;` in namespace pycontainer::embedded.
#   Run as a script (-DINPUT -DOUTPUT -DSYMBOL) it writes the source file.
if(CMAKE_SCRIPT_MODE_FILE)
  file(READ ${INPUT} bytes HEX)
  string(LENGTH "${bytes}" digits)
  math(EXPR size "${digits} / 2")
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "'\\\\x\\1'," bytes "${bytes}")
  file(WRITE ${OUTPUT} "#include <string_view>
namespace pycontainer::embedded {
namespace { constexpr char kBytes[] = {${bytes}'\\0'}; }
extern const std::string_view ${SYMBOL};
const std::string_view ${SYMBOL}(kBytes, ${size});
}
")
  return()
endif()

function(pycontainer_embed target symbol file)
  set(source ${CMAKE_CURRENT_BINARY_DIR}/embedded_${symbol}.cpp)
  add_custom_command(
    OUTPUT ${source}
    COMMAND ${CMAKE_COMMAND} -DINPUT=${file} -DOUTPUT=${source} -DSYMBOL=${symbol} -P ${CMAKE_CURRENT_FUNCTION_LIST_FILE}
    DEPENDS ${file} ${CMAKE_CURRENT_FUNCTION_LIST_FILE} VERBATIM)
  target_sources(${target} PRIVATE ${source})
endfunction()
