#include "base/strings.hpp"
#include "packaging/core_metadata.hpp"
#include "sources/core_metadata.hpp"

#include <fmt/format.h>

namespace pycontainer::sources {
namespace {

class Headers {
public:
    void add(std::string_view field, std::string_view value) {
        if (const auto line = packaging::header_line(value); !line.empty())
            text_ += fmt::format("{}: {}\n", field, line);
    }
    void add_all(std::string_view field, const std::vector<std::string>& values) {
        for (const auto& value : values) add(field, value);
    }
    /// Several lines: all but the first are continuations.
    void add_text(std::string_view field, std::string_view value) {
        if (trim(value).empty()) return;
        text_ += std::string(field) + ":";
        const char* before = " ";
        for (const auto line : split_lines(trim(value))) {
            text_ += before + packaging::header_line(line) + "\n";
            before = "        ";
        }
    }
    void add_people(std::string_view field, const std::vector<Person>& people) {
        std::vector<std::string> names;
        std::vector<std::string> addresses;
        for (const auto& person : people) {
            if (person.email.empty())
                names.push_back(person.name);
            else
                addresses.push_back(person.name.empty()
                                        ? person.email
                                        : fmt::format("{} <{}>", person.name, person.email));
        }
        add(field, join(names, ", "));
        add(fmt::format("{}-email", field), join(addresses, ", "));
    }
    std::string take() && { return std::move(text_); }

private:
    std::string text_;
};

}  // namespace

std::string metadata_text(const CoreMetadata& metadata) {
    Headers headers;
    headers.add("Metadata-Version", "2.4");
    headers.add("Name", metadata.name);
    headers.add("Version", metadata.version);
    headers.add("Summary", metadata.summary);
    headers.add_people("Author", metadata.authors);
    headers.add_people("Maintainer", metadata.maintainers);
    headers.add("License-Expression", metadata.license_expression);
    if (metadata.license_expression.empty()) headers.add_text("License", metadata.license);
    headers.add("Keywords", join(metadata.keywords, ","));
    headers.add_all("Classifier", metadata.classifiers);
    for (const auto& [label, url] : metadata.urls)
        headers.add("Project-URL", fmt::format("{}, {}", label, url));
    headers.add("Requires-Python", metadata.requires_python);
    headers.add_all("License-File", metadata.license_files);
    headers.add_all("Requires-Dist", metadata.requires_dist());
    for (const auto& [extra, requirements] : metadata.extras) headers.add("Provides-Extra", extra);
    headers.add("Description-Content-Type", metadata.readme.empty() ? "" : metadata.readme_type);
    auto text = std::move(headers).take();
    if (!metadata.readme.empty()) text += "\n" + metadata.readme;
    return text;
}

std::optional<std::string> entry_points_text(const CoreMetadata& metadata) {
    std::string text;
    for (const auto& [group, entries] : metadata.entry_points) {
        if (entries.empty()) continue;
        text += fmt::format("{}[{}]\n", text.empty() ? "" : "\n", packaging::header_line(group));
        for (const auto& [name, reference] : entries)
            text += fmt::format("{} = {}\n", packaging::header_line(name),
                                packaging::header_line(reference));
    }
    return text.empty() ? std::nullopt : std::optional(text);
}

}  // namespace pycontainer::sources
