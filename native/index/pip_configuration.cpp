// pip's configuration (pip's documentation, "Configuration"): the nearest value of an option
// counts.

#include "base/file.hpp"
#include "base/strings.hpp"
#include "index/ini.hpp"
#include "index/internal/configuration_parts.hpp"

#include <algorithm>
#include <array>

namespace pycontainer::index::internal {
namespace {

constexpr std::uint64_t kMaxFile = 4U << 20U;

struct PipFile {
    std::filesystem::path path;
    Scope scope;
    bool must_exist = false;
};

/// In pip's order: what comes later counts.
std::vector<PipFile> pip_files(const Environment& environment, const std::filesystem::path& root) {
    std::vector<PipFile> files;
    const auto named = environment.find_nonempty("PIP_CONFIG_FILE");
    if (named == "/dev/null") return files;
    const auto system = environment.find_nonempty("XDG_CONFIG_DIRS").value_or("/etc/xdg");
    for (const auto directory : split(system, ':'))
        if (!directory.empty())
            files.push_back(
                {root / std::filesystem::path(directory).relative_path() / "pip" / "pip.conf",
                 Scope::System});
    files.push_back({root / "etc/pip.conf", Scope::System});
    std::error_code error;
    const auto home = environment.find_nonempty("HOME");
    const auto settings = environment.find_nonempty("XDG_CONFIG_HOME");
    if (!named || !std::filesystem::exists(*named, error)) {
        if (home)
            files.push_back({std::filesystem::path(*home) / ".pip" / "pip.conf", Scope::User});
        if (settings || home)
            files.push_back({(settings ? std::filesystem::path(*settings)
                                       : std::filesystem::path(*home) / ".config") /
                                 "pip" / "pip.conf",
                             Scope::User});
    }
    if (named) files.push_back({*named, Scope::User, true});
    return files;
}

/// The value of an option that counts, and who gave it.
struct PipOption {
    std::string text;
    std::string origin;
    Scope scope = Scope::System;
};

class Pip {
public:
    Pip(const Environment& environment, std::vector<std::filesystem::path>& files)
        : environment_(environment), files_(files) {}

    Result<void> read(const std::filesystem::path& root) {
        std::vector<std::pair<PipFile, Ini>> read;
        for (auto& file : pip_files(environment_, root)) {
            files_.push_back(file.path);
            const auto text = read_file(file.path, kMaxFile);
            if (!text && file.must_exist)
                return fail(text.error()).while_("reading what `PIP_CONFIG_FILE` names");
            if (!text) continue;
            PYC_TRY_ASSIGN(auto ini, parse_ini(*text, file.path.string()));
            read.emplace_back(std::move(file), std::move(ini));
        }
        // All files' `[global]` comes before any file's `[install]`.
        for (const char* section : {"global", "install"})
            for (const auto& [file, ini] : read)
                if (const auto found = ini.find(section); found != ini.end())
                    for (const auto& [name, value] : found->second)
                        options_[name] = {value.text,
                                          fmt::format("{}:{}", file.path.string(), value.line),
                                          file.scope};
        for (const char* name :
             {"index-url", "extra-index-url", "find-links", "no-index", "keyring-provider"}) {
            const auto variable = "PIP_" + replace_all(to_upper(name), "-", "_");
            if (const auto value = environment_.find_nonempty(variable))
                options_[name] = {*value, variable, Scope::Environment};
        }
        return {};
    }

    std::vector<std::pair<Scope, Contribution>> contributions() const {
        std::vector<std::pair<Scope, Contribution>> result;
        for (const auto scope : {Scope::Environment, Scope::User, Scope::System}) {
            Contribution part;
            each(scope, "extra-index-url",
                 [&](auto location) { part.indexes.push_back(std::move(location)); });
            each(scope, "index-url", [&](auto location) {
                location.is_default = true;
                part.indexes.push_back(std::move(location));
            });
            each(scope, "find-links", [&](auto location) {
                location.format = IndexLocation::Format::Flat;
                part.find_links.push_back(std::move(location));
            });
            if (const auto* option = find(scope, "no-index")) {
                part.no_index = is_true(option->text);
                part.no_index_origin = option->origin;
            }
            if (const auto* option = find(scope, "keyring-provider"))
                part.keyring_provider = option->text;
            result.emplace_back(scope, std::move(part));
        }
        return result;
    }

private:
    const PipOption* find(Scope scope, const char* name) const {
        const auto found = options_.find(name);
        return found == options_.end() || found->second.scope != scope ? nullptr : &found->second;
    }

    template <typename Take>
    void each(Scope scope, const char* name, const Take& take) const {
        const auto* option = find(scope, name);
        if (!option) return;
        std::error_code error;
        for (const auto& word : words_of(option->text)) {
            auto location = parse_location(word, std::filesystem::current_path(error));
            if (!location) continue;
            location->origin = option->origin;
            location->scope = scope;
            take(*std::move(location));
        }
    }

    const Environment& environment_;
    std::vector<std::filesystem::path>& files_;
    std::map<std::string, PipOption> options_;
};

}  // namespace

std::vector<std::string> words_of(std::string_view text) {
    std::vector<std::string> words;
    std::string word;
    for (const char c : std::string(text) + " ") {
        if (c != ' ' && (c < '\t' || c > '\r'))
            word += c;
        else if (!word.empty())
            words.push_back(std::exchange(word, {}));
    }
    return words;
}

bool is_true(std::string_view text) {
    static constexpr std::array<std::string_view, 6> kYes = {"1", "true", "yes", "on", "t", "y"};
    return std::find(kYes.begin(), kYes.end(), to_lower(trim(text))) != kYes.end();
}

Result<std::vector<std::pair<Scope, Contribution>>> read_pip(
    const Environment& environment, const std::filesystem::path& root,
    std::vector<std::filesystem::path>& files) {
    Pip pip(environment, files);
    PYC_TRY(pip.read(root));
    return pip.contributions();
}

}  // namespace pycontainer::index::internal
