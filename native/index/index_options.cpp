#include "index/index_options.hpp"

#include "base/strings.hpp"
#include "base/version.hpp"

#include <algorithm>
#include <utility>

namespace pycontainer::index {
namespace {

/// Words of a variable that holds several URLs.
std::vector<std::string> words(const std::optional<std::string>& text) {
    std::vector<std::string> result;
    if (!text) return result;
    std::string word;
    for (const char c : *text + " ") {
        if (c != ' ' && (c < '\t' || c > '\r'))
            word += c;
        else if (!word.empty())
            result.push_back(std::exchange(word, {}));
    }
    return result;
}

/// uv's `name=url`; a URL has its `=` only after the scheme.
std::string without_name(const std::string& word) {
    const auto equals = word.find('=');
    return equals != std::string::npos && equals < word.find(':') ? word.substr(equals + 1) : word;
}

void append_new(std::vector<std::string>& urls, std::string url) {
    if (std::find(urls.begin(), urls.end(), url) == urls.end()) urls.push_back(std::move(url));
}

}  // namespace

IndexOptions IndexOptions::from(const Environment& environment, const IndexArguments& arguments) {
    IndexOptions result;
    for (const auto& word : words(environment.find("UV_INDEX")))
        append_new(result.urls, without_name(word));
    for (const char* variable : {"UV_EXTRA_INDEX_URL", "PIP_EXTRA_INDEX_URL"})
        for (auto& word : words(environment.find(variable)))
            append_new(result.urls, std::move(word));
    std::string main(kDefaultIndex);
    for (const char* variable : {"UV_DEFAULT_INDEX", "UV_INDEX_URL", "PIP_INDEX_URL"}) {
        const auto value = words(environment.find(variable));
        if (value.empty()) continue;
        main = without_name(value.front());
        break;
    }
    append_new(result.urls, std::move(main));
    return result.with(arguments);
}

IndexOptions IndexOptions::with(const IndexArguments& arguments) const {
    IndexOptions result;
    for (const auto& url : arguments.extra_index_urls) append_new(result.urls, url);
    if (arguments.no_index) return {};
    if (arguments.index_url) {
        append_new(result.urls, *arguments.index_url);
        return result;
    }
    for (const auto& url : urls) append_new(result.urls, url);
    return result;
}

}  // namespace pycontainer::index
