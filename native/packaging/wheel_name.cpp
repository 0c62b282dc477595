#include "packaging/wheel_name.hpp"

#include "base/strings.hpp"
#include "packaging/internal/characters.hpp"
#include "packaging/names.hpp"
#include "packaging/version.hpp"

#include <algorithm>

namespace pycontainer::packaging {
namespace {

constexpr std::size_t kMaxLength = 1024;

Failure invalid_wheel(std::string_view filename, std::string_view why) {
    return fail("packaging/invalid-wheel-name", "`{}` is not a wheel's file name: {}",
                printable(filename, 160), why)
        .hint("a wheel is named `name-version[-build]-python-abi-platform.whl`");
}

/// The escaped name of PEP 427: no runs of underscores, since they stand for one separator.
bool is_escaped_name(std::string_view name) {
    return !name.empty() && name.find("__") == std::string_view::npos &&
           std::all_of(name.begin(), name.end(),
                       [](char c) { return internal::is_alphanumeric(c) || c == '_' || c == '.'; });
}

/// A compressed tag set, `py2.py3`; empty when one of its parts is.
std::vector<std::string> split_tags(std::string_view text) {
    std::vector<std::string> tags;
    for (const auto part : split(text, '.')) {
        if (part.empty()) return {};
        tags.push_back(to_lower(part));
    }
    return tags;
}

bool is_identifier(std::string_view text) {
    return !text.empty() && !internal::is_digit(text.front()) &&
           std::all_of(text.begin(), text.end(),
                       [](char c) { return internal::is_alphanumeric(c) || c == '_'; });
}

}  // namespace

Result<WheelName> WheelName::parse(std::string_view filename) {
    if (filename.size() > kMaxLength)
        return invalid_wheel(filename.substr(0, kMaxLength), "it is too long");
    if (!filename.ends_with(".whl")) return invalid_wheel(filename, "it does not end in `.whl`");
    const auto parts = split(filename.substr(0, filename.size() - 4), '-');
    if (parts.size() != 5 && parts.size() != 6)
        return invalid_wheel(filename, "it does not have five or six parts");
    WheelName result;
    if (!is_escaped_name(parts[0]))
        return invalid_wheel(filename, "the name has characters that must be escaped");
    result.name = normalize_name(parts[0]);
    const auto version = Version::from(parts[1]);
    if (!version) return invalid_wheel(filename, "the version is none of PEP 440");
    result.version = version->to_string();
    result.stem = std::string(parts[0]) + "-" + std::string(parts[1]);
    if (parts.size() == 6) {
        result.build = parts[2];
        if (result.build.empty() || !internal::is_digit(result.build.front()))
            return invalid_wheel(filename, "the build tag does not start with a digit");
    }
    result.python_tags = split_tags(parts[parts.size() - 3]);
    result.abi_tags = split_tags(parts[parts.size() - 2]);
    result.platform_tags = split_tags(parts[parts.size() - 1]);
    if (result.python_tags.empty() || result.abi_tags.empty() || result.platform_tags.empty())
        return invalid_wheel(filename, "a tag is empty");
    if (!std::all_of(result.python_tags.begin(), result.python_tags.end(), is_identifier))
        return invalid_wheel(filename, "the Python tag is not a word");
    return result;
}

bool build_tag_less(std::string_view a, std::string_view b) {
    const auto number = [](std::string_view tag) {
        const auto* end = std::find_if_not(tag.begin(), tag.end(), internal::is_digit);
        return tag.substr(0, static_cast<std::size_t>(end - tag.begin()));
    };
    if (a.empty() || b.empty()) return a.empty() && !b.empty();
    const auto a_number = number(a);
    const auto b_number = number(b);
    if (const auto order = Natural(a_number) <=> Natural(b_number); order != 0) return order < 0;
    return a.substr(a_number.size()) < b.substr(b_number.size());
}

Result<SourceName> SourceName::parse(std::string_view filename) {
    const auto invalid = [&](std::string_view why) {
        return fail("packaging/invalid-sdist-name",
                    "`{}` is not a source distribution's file name: {}", printable(filename, 160),
                    why)
            .hint("a source distribution is named `name-version.tar.gz`");
    };
    auto stem = filename;
    if (stem.ends_with(".tar.gz"))
        stem.remove_suffix(7);
    else if (stem.ends_with(".zip"))
        stem.remove_suffix(4);
    else
        return invalid("it ends neither in `.tar.gz` nor in `.zip`");
    const auto dash = stem.rfind('-');
    if (dash == std::string_view::npos || dash == 0)
        return invalid("name and version are not separated by `-`");
    const auto version = Version::from(stem.substr(dash + 1));
    if (!version) return invalid("the version is none of PEP 440");
    return SourceName{normalize_name(stem.substr(0, dash)), version->to_string()};
}

}  // namespace pycontainer::packaging
