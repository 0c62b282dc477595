#pragma once

// What a Python file says at its top level, without running it: imports, assignments, functions. A
// tolerant reader – of a file with syntax errors it tells what it can – that knows just enough of
// Python's lexical rules (reference, chapter 2) not to be fooled by strings, comments and line
// joins.

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pycontainer::project {

/// `name: annotation = callee(…)` or `name = "literal"` at the top level, `if`, `try` and `with`
/// blocks included (but not `if __name__ == "__main__"`).
struct PythonAssignment {
    std::string name;
    std::string annotation;  ///< a dotted name, resolved through the imports; empty without one
    std::string callee;      ///< the same, when the value is a call; `fastapi.FastAPI`
    std::optional<std::string> literal;  ///< when the value is one plain string
    unsigned line = 0;                   ///< one-based
};

/// A function at the top level.
struct PythonFunction {
    std::string name;
    std::string returns;               ///< its annotation, resolved; empty without one
    std::vector<std::string> callees;  ///< what its body calls, resolved
    bool needs_arguments = false;      ///< a parameter has no default
    unsigned line = 0;
};

struct PythonSource {
    std::map<std::string, std::string, std::less<>>
        names;  ///< what imports bind: `FastAPI` is `fastapi.FastAPI`, relative ones start with `.`
    std::vector<std::string>
        imports;  ///< modules imported, dots of relative imports included, in order
    std::vector<PythonAssignment> assignments;
    std::vector<PythonFunction> functions;
};

PythonSource read_python(std::string_view text);

/// The string that follows the string `key` as the next argument, as in `setdefault("KEY",
/// "value")`; the first one in the text.
std::optional<std::string> string_after(std::string_view text, std::string_view key);

}  // namespace pycontainer::project
