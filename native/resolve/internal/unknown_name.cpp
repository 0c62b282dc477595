#include "resolve/internal/unknown_name.hpp"

#include "base/strings.hpp"
#include "packaging/names.hpp"

namespace pycontainer::resolve::internal {

Failure unknown_name(NameKind kind, const std::string& name, const std::set<std::string>& known,
                     std::string_view lock, std::string_view advice) {
    const bool is_extra = kind == NameKind::Extra;
    const std::vector<std::string> candidates(known.begin(), known.end());
    auto failure = fail(is_extra ? "resolve/unknown-extra" : "resolve/unknown-group",
                        "there is no {} `{}` in `{}`", is_extra ? "extra" : "group",
                        printable(name, 60), lock);
    if (candidates.empty()) return std::move(failure).hint("it has none; if it is new, {}", advice);
    if (const auto near = closest_match(name, candidates))
        return std::move(failure).hint("did you mean `{}`? If it is new, {}", *near, advice);
    return std::move(failure).hint("there are: {}; if it is new, {}", join(candidates, ", "),
                                   advice);
}

std::vector<std::string> normalized_names(const std::vector<std::string>& names) {
    std::vector<std::string> result;
    result.reserve(names.size());
    for (const auto& name : names) result.push_back(packaging::normalize_name(name));
    return result;
}

}  // namespace pycontainer::resolve::internal
