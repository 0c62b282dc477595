#include "base/strings.hpp"
#include "index/internal/configuration_parts.hpp"
#include "packaging/names.hpp"

namespace pycontainer::index::internal {
namespace {

using toml::pointer_to;

/// One table `[tool.uv]`.
class UvTable {
public:
    UvTable(const TableSource& source, const std::string& pointer)
        : source_(source), pointer_(pointer) {}

    Result<Contribution> read() {
        const auto path = Json::json_pointer(pointer_);
        if (!source_.document->value.contains(path)) return Contribution{};
        const auto& table = source_.document->value.at(path);
        if (const auto* list = member(table, "index")) {
            const auto place = pointer_to(pointer_, "index");
            if (!list->is_array()) return wrong(place, "`index` is not a list of tables");
            for (std::size_t i = 0; i < list->size(); ++i)
                PYC_TRY(add_index((*list)[i], pointer_to(place, i)));
        }
        PYC_TRY(each_text(table, "extra-index-url",
                          [&](auto location) { result_.indexes.push_back(std::move(location)); }));
        PYC_TRY(each_text(table, "index-url", [&](auto location) {
            location.is_default = true;
            result_.indexes.push_back(std::move(location));
        }));
        PYC_TRY(each_text(table, "find-links", [&](auto location) {
            location.format = IndexLocation::Format::Flat;
            result_.find_links.push_back(std::move(location));
        }));
        result_.no_index = bool_member(table, "no-index");
        result_.no_index_origin = source_.at(pointer_to(pointer_, "no-index"));
        result_.keyring_provider = string_member(table, "keyring-provider");
        if (const auto* sources = member(table, "sources"); sources && sources->is_object())
            for (const auto& [name, value] : sources->items()) add_pins(name, value);
        return std::move(result_);
    }

private:
    Failure wrong(const std::string& pointer, std::string_view what) const {
        return fail("index/invalid-configuration", "{}: {}", source_.at(pointer), what)
            .hint("correct it as uv's reference has it, or remove it");
    }

    template <typename Take>
    Result<void> each_text(const Json& table, const char* key, const Take& take) {
        const auto* value = member(table, key);
        if (!value) return {};
        const auto place = pointer_to(pointer_, key);
        const auto list = value->is_array() ? *value : Json::array({*value});
        for (const auto& item : list) {
            if (!item.is_string()) return wrong(place, fmt::format("`{}` is not a text", key));
            auto location = parse_location(item.get_ref<const std::string&>(), source_.directory);
            if (!location) continue;
            location->origin = source_.at(place);
            location->scope = source_.scope;
            take(*std::move(location));
        }
        return {};
    }

    Result<void> add_index(const Json& item, const std::string& place) {
        const auto url = string_member(item, "url");
        if (!url) return wrong(place, "an index has no `url`");
        auto location = parse_location(*url, source_.directory);
        if (!location) return wrong(place, "the `url` of an index is empty");
        location->name = string_member(item, "name").value_or(location->name);
        location->origin = source_.at(place);
        location->scope = source_.scope;
        location->is_default = bool_member(item, "default").value_or(false);
        location->is_explicit = bool_member(item, "explicit").value_or(false);
        const auto format = string_member(item, "format").value_or("simple");
        if (format != "simple" && format != "flat")
            return wrong(place, "the `format` of an index is neither `simple` nor `flat`");
        if (format == "flat") location->format = IndexLocation::Format::Flat;
        if (const auto* codes = member(item, "ignore-error-codes"); codes && codes->is_array())
            for (const auto& code : *codes)
                if (code.is_number_integer()) location->missing_statuses.push_back(code.get<int>());
        result_.indexes.push_back(*std::move(location));
        return {};
    }

    void add_pins(const std::string& name, const Json& value) {
        const auto place = pointer_to(pointer_to(pointer_, "sources"), name);
        const auto list = value.is_array() ? value : Json::array({value});
        for (const auto& item : list) {
            const auto index = string_member(item, "index");
            if (!index) continue;
            result_.pins.push_back({.package = packaging::normalize_name(name),
                                    .index = *index,
                                    .origin = source_.at(place),
                                    .marker = string_member(item, "marker").value_or(""),
                                    .extra = string_member(item, "extra").value_or(""),
                                    .group = string_member(item, "group").value_or("")});
        }
    }

    const TableSource& source_;
    const std::string& pointer_;
    Contribution result_;
};

}  // namespace

std::string TableSource::at(const std::string& pointer) const {
    return fmt::format("{}:{}", file, document->range_or_start(pointer).start.line + 1);
}

Result<Contribution> read_uv_table(const TableSource& source, const std::string& pointer) {
    return UvTable(source, pointer).read();
}

Contribution read_uv_variables(const Environment& environment) {
    Contribution result;
    std::error_code error;
    const auto here = std::filesystem::current_path(error);
    const auto location = [&](std::string_view text, const char* variable) {
        auto parsed = parse_location(text, here).value_or(IndexLocation{});
        parsed.origin = variable;
        parsed.scope = Scope::Environment;
        return parsed;
    };
    const auto text = [&](const char* variable) {
        return environment.find_nonempty(variable).value_or("");
    };
    for (const char* variable : {"UV_INDEX", "UV_EXTRA_INDEX_URL"})
        for (const auto& word : words_of(text(variable)))
            result.indexes.push_back(location(word, variable));
    for (const char* variable : {"UV_DEFAULT_INDEX", "UV_INDEX_URL"}) {
        const auto value = words_of(text(variable));
        if (value.empty()) continue;
        auto main = location(value.front(), variable);
        main.is_default = true;
        result.indexes.push_back(std::move(main));
        break;
    }
    const auto find_links = text("UV_FIND_LINKS");
    for (const auto part : split(find_links, ',')) {
        if (trim(part).empty()) continue;
        auto flat = location(part, "UV_FIND_LINKS");
        flat.format = IndexLocation::Format::Flat;
        result.find_links.push_back(std::move(flat));
    }
    if (environment.find_nonempty("UV_NO_INDEX")) {
        result.no_index = is_true(text("UV_NO_INDEX"));
        result.no_index_origin = "UV_NO_INDEX";
    }
    result.keyring_provider = environment.find_nonempty("UV_KEYRING_PROVIDER");
    return result;
}

}  // namespace pycontainer::index::internal
