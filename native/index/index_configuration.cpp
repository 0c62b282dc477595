#include "index/index_configuration.hpp"

#include "base/file.hpp"
#include "base/strings.hpp"
#include "base/version.hpp"
#include "index/internal/configuration_parts.hpp"
#include "net/url.hpp"

#include <algorithm>
#include <fnmatch.h>

namespace pycontainer::index {
namespace {

using internal::Contribution;
using internal::TableSource;

constexpr std::uint64_t kMaxFile = 4U << 20U;
constexpr int kMaxParents = 32;

bool is_project_of(const std::filesystem::path& root, const toml::Document& document,
                   const std::filesystem::path& project) {
    const auto path = Json::json_pointer("/tool/uv/workspace");
    if (!document.value.contains(path)) return false;
    const auto relative = project.lexically_relative(root).generic_string();
    const auto matches = [&](const char* key) {
        const auto* list = member(document.value.at(path), key);
        return list && list->is_array() &&
               std::any_of(list->begin(), list->end(), [&](const Json& item) {
                   return item.is_string() && ::fnmatch(item.get_ref<const std::string&>().c_str(),
                                                        relative.c_str(), FNM_PATHNAME) == 0;
               });
    };
    return matches("members") && !matches("exclude");
}

class Reader {
public:
    Reader(const Environment& environment, const ConfigurationRequest& request)
        : environment_(environment), request_(request) {}

    Result<IndexOptions> read() {
        PYC_TRY_ASSIGN(pip_, internal::read_pip(environment_, request_.root, result_.files));
        add(internal::read_uv_variables(environment_));
        add_pip(Scope::Environment);
        PYC_TRY(add_project());
        PYC_TRY(add_machine(Scope::User));
        PYC_TRY(add_machine(Scope::System));
        if (!has_default_ && !drops_built_in_)
            result_.indexes.push_back(
                {.url = std::string(kDefaultIndex), .origin = "built in", .is_default = true});
        // The default one is asked last, whoever named it.
        std::stable_partition(result_.indexes.begin(), result_.indexes.end(),
                              [](const IndexLocation& each) { return !each.is_default; });
        return result_.with(request_.flags);
    }

private:
    void add(Contribution part) {
        for (auto& location : part.indexes) add_index(std::move(location));
        for (auto& location : part.find_links) result_.find_links.push_back(std::move(location));
        std::move(part.pins.begin(), part.pins.end(), std::back_inserter(result_.pins));
        if (part.no_index && !knows_no_index_) {
            knows_no_index_ = true;
            result_.no_index = *part.no_index;
            if (*part.no_index) result_.no_index_origin = part.no_index_origin;
        }
        if (part.keyring_provider && !knows_keyring_) {
            knows_keyring_ = true;
            result_.use_keyring =
                *part.keyring_provider == "subprocess" || *part.keyring_provider == "import";
        }
        drops_built_in_ = drops_built_in_ || part.drops_built_in;
    }

    /// The first one of a name or an address counts, as uv has it; credentials of a later one at
    /// the same address are not lost.
    void add_index(IndexLocation location) {
        if (location.is_default && (has_default_ || (drops_built_in_ && !location.is_explicit &&
                                                     location.scope > Scope::Project)))
            return;
        if (!location.name.empty() && result_.find_index(location.name)) return;
        const auto known = std::find_if(result_.indexes.begin(), result_.indexes.end(),
                                        [&](const IndexLocation& each) {
                                            return bare_url(each.url) == bare_url(location.url) &&
                                                   each.is_explicit == location.is_explicit;
                                        });
        if (known == result_.indexes.end()) {
            has_default_ = has_default_ || location.is_default;
            result_.indexes.push_back(std::move(location));
            return;
        }
        has_default_ = has_default_ || location.is_default;
        const auto mine = net::Url::parse(known->url);
        const auto other = net::Url::parse(location.url);
        if (mine && other && !mine->has_userinfo() && other->has_userinfo())
            known->url = mine->with_userinfo_of(*other).to_string();
        if (known->name.empty()) known->name = location.name;
    }

    void add_pip(Scope scope) {
        for (auto& [of, part] : pip_)
            if (of == scope) add(std::move(part));
    }

    /// A TOML file, if it is there.
    Result<std::optional<toml::Document>> read_toml(const std::filesystem::path& file,
                                                    bool must_exist = false) {
        result_.files.push_back(file);
        const auto text = read_file(file, kMaxFile);
        if (!text && must_exist) return fail(text.error());
        if (!text) return std::nullopt;
        auto document = toml::parse(*text, file.string());
        if (!document.diagnostics.empty())
            return fail("index/invalid-configuration", "`{}` is not valid TOML: line {}: {}",
                        file.string(), document.diagnostics.front().range.start.line + 1,
                        document.diagnostics.front().message)
                .hint("correct it, or set `UV_NO_CONFIG=1` to build without it");
        return document;
    }

    Result<void> add_uv_file(const std::filesystem::path& file, Scope scope,
                             bool must_exist = false) {
        PYC_TRY_ASSIGN(const auto document, read_toml(file, must_exist));
        if (!document) return {};
        const TableSource source{&*document, file.string(), file.parent_path(), scope};
        PYC_TRY_ASSIGN(auto part, internal::read_uv_table(source, ""));
        add(std::move(part));
        return {};
    }

    bool is_uv_configured() const {
        return !environment_.find_nonempty("UV_NO_CONFIG") &&
               !environment_.find_nonempty("UV_CONFIG_FILE");
    }

    /// `[tool.uv]` of a project. Where a uv.toml takes its place, its indexes are still those that
    /// `[tool.uv.sources]` mean.
    Result<void> add_uv_project(const toml::Document& document,
                                const std::filesystem::path& directory) {
        bool counts = is_uv_configured();
        std::error_code error;
        const auto own = directory / "uv.toml";
        if (counts && std::filesystem::is_regular_file(own, error)) {
            PYC_TRY(add_uv_file(own, Scope::Project));
            counts = false;
        } else {
            result_.files.push_back(own);
        }
        const TableSource source{&document, shown(directory), directory, Scope::Project};
        PYC_TRY_ASSIGN(auto part, internal::read_uv_table(source, "/tool/uv"));
        if (!counts) {
            std::erase_if(part.indexes, [](const auto& each) { return each.name.empty(); });
            for (auto& each : part.indexes) {
                each.is_explicit = true;
                each.is_default = false;
            }
            part.find_links.clear();
            part.no_index.reset();
            part.keyring_provider.reset();
        }
        add(std::move(part));
        return {};
    }

    std::string shown(const std::filesystem::path& directory) const {
        const auto file = directory / "pyproject.toml";
        return directory == request_.project_directory ? "pyproject.toml" : file.string();
    }

    Result<void> add_project() {
        if (const auto named = environment_.find_nonempty("UV_CONFIG_FILE");
            named && !environment_.find_nonempty("UV_NO_CONFIG")) {
            auto added = add_uv_file(*named, Scope::Project, true);
            if (!added)
                return fail(std::move(added).error()).while_("reading what `UV_CONFIG_FILE` names");
        }
        const toml::Document none = toml::parse("", "pyproject.toml");
        const auto& document = request_.pyproject ? *request_.pyproject : none;
        const auto& directory = request_.project_directory;
        PYC_TRY(add_uv_project(document, directory));
        const TableSource source{&document, shown(directory), directory, Scope::Project};
        PYC_TRY_ASSIGN(auto poetry, internal::read_poetry_sources(source));
        add(std::move(poetry));
        PYC_TRY_ASSIGN(auto pdm, internal::read_pdm_sources(source, environment_));
        add(std::move(pdm));
        return add_workspace();
    }

    /// The root of the uv workspace that the project is a member of.
    Result<void> add_workspace() {
        auto directory = request_.project_directory.parent_path();
        for (int i = 0; i < kMaxParents && directory.has_relative_path(); ++i) {
            const auto text = read_file(directory / "pyproject.toml", kMaxFile);
            if (text && text->find("tool.uv.workspace") != std::string::npos) {
                PYC_TRY_ASSIGN(const auto document, read_toml(directory / "pyproject.toml"));
                if (!document || !is_project_of(directory, *document, request_.project_directory))
                    return {};
                return add_uv_project(*document, directory);
            }
            directory = directory.parent_path();
        }
        return {};
    }

    Result<void> add_machine(Scope scope) {
        if (is_uv_configured())
            for (const auto& file : uv_files(scope)) {
                std::error_code error;
                PYC_TRY(add_uv_file(file, scope));
                if (std::filesystem::exists(file, error)) break;  // uv reads the first one
            }
        add_pip(scope);
        return {};
    }

    std::vector<std::filesystem::path> uv_files(Scope scope) const {
        std::vector<std::filesystem::path> files;
        if (scope == Scope::User) {
            const auto settings = environment_.find_nonempty("XDG_CONFIG_HOME");
            const auto home = environment_.find_nonempty("HOME");
            if (settings || home)
                files.push_back((settings ? std::filesystem::path(*settings)
                                          : std::filesystem::path(*home) / ".config") /
                                "uv" / "uv.toml");
            return files;
        }
        const auto system = environment_.find_nonempty("XDG_CONFIG_DIRS").value_or("/etc/xdg");
        for (const auto directory : split(system, ':'))
            if (!directory.empty())
                files.push_back(request_.root / std::filesystem::path(directory).relative_path() /
                                "uv" / "uv.toml");
        files.push_back(request_.root / "etc/uv/uv.toml");
        return files;
    }

    const Environment& environment_;
    const ConfigurationRequest& request_;
    std::vector<std::pair<Scope, Contribution>> pip_;
    IndexOptions result_;
    bool has_default_ = false;
    bool drops_built_in_ = false;
    bool knows_no_index_ = false;
    bool knows_keyring_ = false;
};

}  // namespace

Result<IndexOptions> read_index_options(const Environment& environment,
                                        const ConfigurationRequest& request) {
    return Reader(environment, request).read();
}

}  // namespace pycontainer::index
