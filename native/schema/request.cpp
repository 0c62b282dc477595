#include "schema/request.hpp"

#include "base/strings.hpp"
#include "schema/validator.hpp"

namespace pycontainer::schema {

Result<void> check_request(const Json& schema, const Json& request) {
    if (!request.is_object())
        return fail("request/invalid", "the request must be a JSON object")
            .hint("write `{{\"context\": \".\"}}`");
    const auto problems = validate(schema, request, {KeySpelling::Exact, Notation::Json});
    if (problems.empty()) return {};
    const auto& first = problems.front();
    auto message = first.message;
    if (problems.size() > 1) message += fmt::format(" (and {} more)", problems.size() - 1);
    return fail("request/invalid", "in the request at `{}`: {}",
                first.pointer.empty() ? "/" : printable(first.pointer), message)
        .hint("{}", first.hint);
}

}  // namespace pycontainer::schema
