#include "build/backend_wheel.hpp"

#include "archive/zip_reader.hpp"
#include "base/file.hpp"
#include "base/strings.hpp"
#include "exec/process.hpp"
#include "install/elf.hpp"
#include "packaging/tags.hpp"
#include "packaging/wheel_name.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <utility>

namespace pycontainer::build {
namespace {

constexpr std::chrono::minutes kTimeout{30};
constexpr std::chrono::seconds kProbeTimeout{20};
constexpr std::size_t kOutputLimit = 256U << 20U;
constexpr std::size_t kShownLines = 25;
constexpr std::size_t kShownBytes = 3000;
constexpr std::uint64_t kMaxObject = 1ULL << 30U;

/// What a compiler or a build backend may know of the environment. No list of what is secret would
/// ever be complete, so this is one of what is not.
constexpr std::array kVariables = {
    "PATH",
    "HOME",
    "USER",
    "XDG_CACHE_HOME",
    "XDG_DATA_HOME",
    "LD_LIBRARY_PATH",
    "LIBRARY_PATH",
    "CPATH",
    "C_INCLUDE_PATH",
    "CPLUS_INCLUDE_PATH",
    "PKG_CONFIG_PATH",
    "CC",
    "CXX",
    "FC",
    "AR",
    "LD",
    "CFLAGS",
    "CXXFLAGS",
    "CPPFLAGS",
    "FFLAGS",
    "LDFLAGS",
    "MAKEFLAGS",
    "RUSTFLAGS",
    "CARGO_HOME",
    "RUSTUP_HOME",
    "RUSTUP_TOOLCHAIN",
    "CARGO_BUILD_TARGET",
    "CMAKE_PREFIX_PATH",
    "CMAKE_GENERATOR",
    "UV_CACHE_DIR",
    "UV_PYTHON_INSTALL_DIR",
    "PIP_CACHE_DIR",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "REQUESTS_CA_BUNDLE",
    "PIP_CERT",
    "NETRC",
};
constexpr std::array kProxies = {"http_proxy", "https_proxy", "all_proxy", "no_proxy",
                                 "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"};

/// Of PEP 600's list, what glibc and GCC bring along and every base image with Python has.
constexpr std::array kEverywhere = {"libc.so.6",       "libm.so.6",     "libdl.so.2",
                                    "libpthread.so.0", "librt.so.1",    "libutil.so.1",
                                    "libgcc_s.so.1",   "libz.so.1",     "libresolv.so.2",
                                    "libcrypt.so.1",   "libstdc++.so.6"};

using Variables = std::map<std::string, std::string, std::less<>>;

void add_words(Variables& variables, const char* name, const std::vector<std::string>& words,
               std::string_view separator) {
    if (!words.empty()) variables[name] = join(words, separator);
}

/// The indexes as uv and pip take them, in the words of both, without credentials.
void add_indexes(const index::IndexOptions& options, Variables& variables) {
    std::vector<std::string> indexes;
    std::vector<std::string> flat;
    std::string main;
    for (const auto& each : options.find_links) flat.push_back(each.shown());
    for (const auto& each : options.indexes) {
        if (each.is_explicit) continue;
        if (each.format == index::IndexLocation::Format::Flat)
            flat.push_back(each.shown());
        else if (each.is_default)
            main = each.shown();
        else
            indexes.push_back(each.shown());
    }
    add_words(variables, "UV_FIND_LINKS", flat, ",");
    add_words(variables, "PIP_FIND_LINKS", flat, " ");
    if (options.no_index || (main.empty() && indexes.empty())) {
        variables["UV_NO_INDEX"] = variables["PIP_NO_INDEX"] = "1";
        return;
    }
    if (main.empty()) {
        main = indexes.back();
        indexes.pop_back();
    }
    variables["UV_DEFAULT_INDEX"] = variables["PIP_INDEX_URL"] = main;
    add_words(variables, "UV_INDEX", indexes, " ");
    add_words(variables, "PIP_EXTRA_INDEX_URL", indexes, " ");
    if (options.use_keyring)
        variables["UV_KEYRING_PROVIDER"] = variables["PIP_KEYRING_PROVIDER"] = "subprocess";
}

Environment environment_for(const Environment& own, const BackendRequest& request,
                            const index::IndexOptions& indexes,
                            const std::filesystem::path& temporary) {
    Variables variables{{"LC_ALL", "C.UTF-8"},
                        {"TMPDIR", temporary.string()},
                        {"PYTHONHASHSEED", "0"},
                        {"SOURCE_DATE_EPOCH", "315532800"},  // 1980: the first time that ZIP has
                        {"UV_NO_CONFIG", "1"},
                        {"UV_PYTHON_DOWNLOADS", "never"},
                        {"PIP_CONFIG_FILE", "/dev/null"},
                        {"PIP_NO_INPUT", "1"},
                        {"PIP_DISABLE_PIP_VERSION_CHECK", "1"}};
    for (const auto* name : kVariables)
        if (const auto value = own.find(name)) variables.emplace(name, *value);
    for (const auto* name : kProxies)
        if (const auto value = own.find(name))
            variables.emplace(name, exec::without_userinfo(*value));
    if (!request.version.empty())
        for (const auto* name : {"SETUPTOOLS_SCM_PRETEND_VERSION", "PDM_BUILD_SCM_VERSION",
                                 "POETRY_DYNAMIC_VERSIONING_BYPASS"})
            variables[name] = request.version;
    add_indexes(indexes, variables);
    return Environment(std::move(variables));
}

/// The end of what was printed, with its lines but nothing that a terminal would obey.
std::string tail_of(const exec::ProcessOutcome& outcome) {
    const auto text = exec::without_userinfo(outcome.errors + "\n" + outcome.output);
    std::vector<std::string> lines;
    for (const auto line : split_lines(text))
        if (!trim(line).empty()) lines.push_back(printable(line, 300));
    if (lines.size() > kShownLines)
        lines.erase(lines.begin(), lines.end() - static_cast<std::ptrdiff_t>(kShownLines));
    while (join(lines, "\n").size() > kShownBytes && lines.size() > 1) lines.erase(lines.begin());
    return join(lines, "\n");
}

/// `2.34` of `GLIBC_2.34`, as numbers.
std::optional<std::pair<unsigned, unsigned>> glibc_version(std::string_view symbol_version) {
    constexpr std::string_view kPrefix = "GLIBC_";
    if (!symbol_version.starts_with(kPrefix)) return std::nullopt;
    const auto parts = split(symbol_version.substr(kPrefix.size()), '.');
    unsigned numbers[2] = {0, 0};
    if (parts.size() < 2) return std::nullopt;
    for (std::size_t i = 0; i < 2; ++i)
        if (std::from_chars(parts[i].data(), parts[i].data() + parts[i].size(), numbers[i]).ec !=
            std::errc())
            return std::nullopt;
    return std::pair{numbers[0], numbers[1]};
}

std::string why_object_fails(const std::string& name, const install::ElfNeeds& needs,
                             const packaging::TargetEnvironment& target) {
    const bool is_musl = target.libc == packaging::Libc::Musl;
    for (const auto& library : needs.libraries) {
        const bool wants_musl = library.starts_with("libc.musl");
        if ((library == "libc.so.6" && is_musl) || (wants_musl && !is_musl))
            return fmt::format("`{}` needs {}", name, wants_musl ? "musl" : "glibc");
    }
    const std::pair has{target.libc_major, target.libc_minor};
    for (const auto& version : needs.versions)
        if (const auto wanted = glibc_version(version); wanted && !is_musl && *wanted > has)
            return fmt::format("`{}` needs glibc {}.{}", name, wanted->first, wanted->second);
    return {};
}

/// Why a wheel for Linux that was built on some machine does not run in the target, by what its
/// shared objects need; empty if it does. Libraries that not every image has are put into
/// `libraries`.
Result<std::string> why_unusable(const std::filesystem::path& wheel,
                                 const packaging::TargetEnvironment& target,
                                 std::vector<std::string>& libraries) {
    PYC_TRY_ASSIGN(const auto zip, archive::ZipReader::open(wheel, wheel.filename().string()));
    std::set<std::string> own;
    std::set<std::string> needed;
    for (const auto& entry : zip.entries()) {
        if (entry.directory) continue;
        const auto base = entry.name.substr(entry.name.rfind('/') + 1);
        const bool is_object = base.ends_with(".so") || base.find(".so.") != std::string::npos;
        const bool is_script = entry.name.find(".data/scripts/") != std::string::npos;
        if (!is_object && !is_script) continue;
        own.insert(base);
        PYC_TRY_ASSIGN(const auto content, zip.read_content(entry, kMaxObject));
        const auto needs = install::elf_needs(as_bytes(content));
        if (!needs) continue;
        if (auto reason = why_object_fails(entry.name, *needs, target); !reason.empty())
            return reason;
        needed.insert(needs->libraries.begin(), needs->libraries.end());
    }
    for (const auto& library : needed)
        if (!own.contains(library) && !library.starts_with("ld-") &&
            !library.starts_with("libpython") && !library.starts_with("libc.musl") &&
            std::find(kEverywhere.begin(), kEverywhere.end(), library) == kEverywhere.end())
            libraries.push_back(library);
    return std::string();
}

/// uv or pip, and how either is told to make a wheel.
class Frontend {
public:
    static Result<Frontend> find(const exec::Context& ctx,
                                 const packaging::TargetEnvironment& target) {
        const auto version =
            fmt::format("3.{}{}", target.python_minor(), target.free_threaded ? "t" : "");
        if (const auto uv = exec::find_program(ctx.environment(), "uv")) {
            Frontend result("uv", {uv->string(), "build", "--wheel"});
            PYC_TRY_ASSIGN(const auto python,
                           answer(ctx, {uv->string(), "python", "find", "--no-project", version}));
            if (!python.empty())
                result.command_.insert(result.command_.end(), {"--python", python});
            result.output_flag_ = "--out-dir";
            return result;
        }
        for (const auto& name : {"python" + version, std::string("python3")}) {
            const auto python = exec::find_program(ctx.environment(), name);
            if (!python) continue;
            PYC_TRY_ASSIGN(const auto pip,
                           answer(ctx, {python->string(), "-m", "pip", "--version"}));
            if (pip.empty()) continue;
            Frontend result("pip", {python->string(), "-m", "pip", "wheel", "--no-deps"});
            result.output_flag_ = "--wheel-dir";
            return result;
        }
        return fail("build/no-frontend",
                    "there is neither `uv` nor `pip` on this machine, one of which has to run the "
                    "build backend")
            .hint("install uv, or a Python with pip, and have it on PATH");
    }

    const std::string& name() const { return name_; }
    std::vector<std::string> command(const std::filesystem::path& sources,
                                     const std::filesystem::path& output) const {
        auto command = command_;
        command.insert(command.end(), {output_flag_, output.string(), sources.string()});
        return command;
    }

private:
    Frontend(std::string name, std::vector<std::string> command)
        : name_(std::move(name)), command_(std::move(command)) {}

    /// The first line that it prints; empty when it fails.
    static Result<std::string> answer(const exec::Context& ctx, std::vector<std::string> command) {
        exec::ProcessRequest request;
        request.command = std::move(command);
        request.timeout = kProbeTimeout;
        const auto outcome = exec::run_process(ctx, request);
        if (!outcome && outcome.error().is_cancelled()) return fail(outcome.error());
        if (!outcome || outcome->exit_code != 0) return std::string();
        const auto lines = split_lines(outcome->output);
        return lines.empty() ? std::string() : std::string(trim(lines.front()));
    }

    std::string name_;
    std::vector<std::string> command_;
    std::string output_flag_;
};

Result<void> write_tree(const exec::Context& ctx, const sources::Tree& tree,
                        const std::filesystem::path& directory) {
    PYC_TRY(make_directories(directory));
    for (const auto& file : tree.files()) {
        PYC_TRY(ctx.check());
        const auto path = directory / file.path;
        PYC_TRY_ASSIGN(const auto content, sources::read_content(file.content, kMaxObject));
        PYC_TRY(make_directories(path.parent_path()));
        PYC_TRY(write_file(path, content));
        std::error_code error;
        if (file.executable)
            std::filesystem::permissions(path, std::filesystem::perms::owner_exec,
                                         std::filesystem::perm_options::add, error);
    }
    return {};
}

Result<std::filesystem::path> only_wheel_in(const std::filesystem::path& directory,
                                            const std::string& frontend,
                                            const std::string& package) {
    std::vector<std::filesystem::path> wheels;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(directory, error))
        if (entry.path().extension() == ".whl" && entry.is_regular_file(error))
            wheels.push_back(entry.path());
    if (wheels.size() == 1) return wheels.front();
    return fail("build/backend-failed", "`{}` made {} wheels of `{}` instead of one", frontend,
                wheels.size(), package)
        .hint("try it by hand: `uv build --wheel` in a copy of the sources");
}

class Run {
public:
    Run(const exec::Context& outer, const BackendRequest& request,
        const index::IndexOptions& indexes, const std::filesystem::path& temporary)
        : request_(request),
          temporary_(temporary),
          environment_(environment_for(outer.environment(), request, indexes, temporary)),
          ctx_(outer.stop_token(), outer.events(), environment_, outer.concurrency()) {}

    Result<std::filesystem::path> build() {
        PYC_TRY_ASSIGN(const auto frontend, Frontend::find(ctx_, request_.target));
        const auto sources = temporary_ / "sources";
        const auto output = temporary_ / "wheels";
        PYC_TRY(write_tree(ctx_, request_.tree, sources));
        PYC_TRY(make_directories(output));
        const exec::Activity activity(
            ctx_, fmt::format("building {} with {}", request_.package, frontend.name()));
        exec::ProcessRequest process;
        process.command = frontend.command(sources, output);
        process.directory = temporary_;
        process.timeout = kTimeout;
        process.output_limit = kOutputLimit;
        auto outcome = exec::run_process(ctx_, process);
        if (!outcome) {
            if (outcome.error().is_cancelled()) return fail(std::move(outcome).error());
            return fail("build/backend-failed", "no wheel of `{}` was built: {}", request_.package,
                        outcome.error().message)
                .hint("{}", kAdvice);
        }
        const auto printed = outcome->errors + outcome->output;  // outlives its lines
        for (const auto line : split_lines(printed)) ctx_.log(exec::without_userinfo(line));
        if (outcome->exit_code != 0)
            return fail("build/backend-failed",
                        "`{}` could not build a wheel of `{}` and ended with exit code {}:\n{}",
                        frontend.name(), request_.package, outcome->exit_code, tail_of(*outcome))
                .hint("{}", kAdvice);
        return only_wheel_in(output, frontend.name(), request_.package);
    }

    /// Libraries that it needs and not every image has are put into `libraries`.
    Result<void> check(const std::filesystem::path& wheel, std::vector<std::string>& libraries) {
        const auto filename = wheel.filename().string();
        PYC_TRY_ASSIGN(const auto name, packaging::WheelName::parse(filename));
        std::string reason;
        if (!packaging::TagSet(request_.target).rank(name))
            reason = fmt::format("it is for {} on {}", fmt::join(name.python_tags, "."),
                                 fmt::join(name.platform_tags, ", "));
        else if (name.platform_tags != std::vector<std::string>{"any"}) {
            PYC_TRY_ASSIGN(reason, why_unusable(wheel, request_.target, libraries));
        }
        if (reason.empty()) return {};
        return fail("build/unusable-wheel",
                    "`{}`, built on this machine, does not run in the image, which has {}: {}",
                    printable(filename), request_.target.describe(), reason)
            .hint(
                "build on a machine like the image, with a Python of its version; or put a wheel "
                "for it on an index of yours, or choose another version or base image");
    }

private:
    static constexpr std::string_view kAdvice =
        "what it lacks – a compiler, headers, a library, a Python of the image's version – has to "
        "be on this machine; `--verbose` shows all that was printed";

    const BackendRequest& request_;
    const std::filesystem::path& temporary_;
    Environment environment_;
    exec::Context ctx_;
};

}  // namespace

Result<BackendWheel> run_backend(const exec::Context& ctx, const BackendRequest& request,
                                 const index::IndexOptions& indexes, store::Store& store) {
    const auto parent = ctx.environment().find_nonempty("TMPDIR").value_or("/tmp");
    PYC_TRY_ASSIGN(const auto temporary, TemporaryDirectory::create(parent, "pycontainer-build-"));
    Run run(ctx, request, indexes, temporary.path());
    PYC_TRY_ASSIGN(const auto wheel, run.build());
    std::vector<std::string> libraries;
    PYC_TRY(run.check(wheel, libraries));
    PYC_TRY_ASSIGN(auto blob, store.new_blob());
    Sha256 hash;
    PYC_TRY(stream_file(wheel, [&](Bytes bytes) -> Result<void> {
        hash.update(bytes);
        return blob.write(bytes);
    }));
    BackendWheel result{wheel.filename().string(), hash.finish(), blob.size(), {}};
    PYC_TRY(store.commit_blob(std::move(blob), result.digest));
    if (!libraries.empty())
        result.warnings.push_back(
            {"build/needs-library",
             fmt::format("`{}` was linked to {}, which the base image may not have",
                         request.package, join(libraries, ", ")),
             "choose a base image with these libraries, or a version of the package with wheels"});
    return result;
}

}  // namespace pycontainer::build
