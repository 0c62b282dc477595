#include "registry/name_list.hpp"

#include "base/json.hpp"
#include "base/strings.hpp"
#include "oci/reference.hpp"

namespace pycontainer::registry {
namespace {

/// The target of `rel="next"` among Link header fields (RFC 8288, section 3).
std::optional<std::string> next_of(const std::vector<std::string>& fields) {
    for (const auto& field : fields) {
        std::string_view rest = field;
        while (true) {
            const auto open = rest.find('<');
            const auto close = rest.find('>', open == std::string_view::npos ? 0 : open);
            if (open == std::string_view::npos || close == std::string_view::npos) break;
            const auto target = rest.substr(open + 1, close - open - 1);
            rest.remove_prefix(close + 1);
            const auto parameters = rest.substr(0, rest.find('<'));
            for (const auto parameter : split(parameters, ';')) {
                const auto text = to_lower(trim(parameter.substr(0, parameter.find(','))));
                if (text == "rel=\"next\"" || text == "rel=next") return std::string(target);
            }
        }
    }
    return std::nullopt;
}

bool is_name(NameKind kind, const std::string& text) {
    if (kind == NameKind::Tags) return oci::is_valid_tag(text);
    const auto reference = oci::Reference::parse("registry.example/" + text);
    return reference && reference->repository() == text;
}

Failure invalid(const std::string& registry, const char* what) {
    return fail("registry/invalid-response", "`{}` answered with {}", registry, what)
        .hint("this has to be repaired on the server");
}

}  // namespace

Result<NamePage> read_name_page(NameKind kind, const std::string& registry,
                                const net::HttpResponse& response) {
    NamePage page;
    page.etag = response.headers.find("ETag").value_or("");
    if (response.status == 304) {
        page.is_unchanged = true;
        return page;
    }
    const auto json = parse_json(response.body, "the registry's list");
    if (!json || !json->is_object()) return invalid(registry, "something that is no list of names");
    // A repository whose last tag was deleted has `null`.
    const auto* names = member(*json, kind == NameKind::Tags ? "tags" : "repositories");
    if (names && names->is_array())
        for (const auto& name : *names)
            if (name.is_string() && is_name(kind, name.get_ref<const std::string&>()))
                page.names.push_back(name.get<std::string>());
    if (const auto next = next_of(response.headers.find_all("Link"))) {
        auto url = response.url.resolve(*next);
        // Credentials go along to the next page.
        if (!url || !url->has_same_origin(response.url))
            return invalid(registry, "a list that continues at another host");
        page.next = std::move(*url);
    }
    return page;
}

}  // namespace pycontainer::registry
