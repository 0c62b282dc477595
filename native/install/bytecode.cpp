#include "install/bytecode.hpp"

#include "archive/layer_reader.hpp"
#include "base/strings.hpp"
#include "exec/process.hpp"
#include "install/scheme.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace pycontainer::install {
namespace {

constexpr std::string_view kRecord = "bytecode-layer";
constexpr int kFormat = 1;
constexpr std::uint64_t kMaxModule = 16U << 20U;
constexpr std::chrono::seconds kProbeTimeout{20};
constexpr std::chrono::minutes kTimeout{30};
constexpr std::size_t kShownErrors = 400;

constexpr std::string_view kProbe = R"(import sys
print(sys.implementation.name, "%d.%d.%d" % sys.version_info[:3], sys.implementation.cache_tag,
      "t" if "t" in getattr(sys, "abiflags", "") else "-")
)";

/// Takes pairs of lines from standard input: the number of a file in the current directory, and
/// what the module will be called. Each is compiled in a process of its own, forked from the same
/// state: what `marshal` writes depends on which objects are shared with code that was compiled
/// before (CPython issue 129724), and so would depend on order and number of files.
constexpr std::string_view kCompile = R"(import importlib.util, marshal, os, struct, sys
def make(source, name):
    with open(source, "rb") as file:
        text = file.read()
    try:
        code = compile(text, name, "exec", dont_inherit=True, optimize=0)
    except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError):
        return
    data = importlib.util.MAGIC_NUMBER + struct.pack("<L", 1)
    data += importlib.util.source_hash(text) + marshal.dumps(code)
    with open(source + ".pyc", "wb") as file:
        file.write(data)
lines = sys.stdin.buffer.read().decode().split("\n")
for number, name in zip(lines[::2], lines[1::2]):
    child = os.fork()
    if child == 0:
        try:
            make(number, name)
        finally:
            os._exit(0)
    os.waitpid(child, 0)
)";

/// Without what the user's environment and site directories add. `hashes` of text are fixed, since
/// Pythons before 3.11 write sets in their order.
std::vector<std::string> command(const std::filesystem::path& program, std::string_view script) {
    return {"env",
            "PYTHONHASHSEED=0",
            "PYTHONPATH=",
            "PYTHONHOME=",
            program.string(),
            "-S",
            "-s",
            "-B",
            "-W",
            "ignore",
            "-X",
            "utf8",
            "-c",
            std::string(script)};
}

std::string tail_of(std::string_view text) {
    text = trim(text);
    if (text.size() > kShownErrors) text.remove_prefix(text.size() - kShownErrors);
    return printable(text, kShownErrors);
}

Failure wrong_interpreter(const std::string& named, const std::string& is,
                          const BytecodeTarget& target) {
    return fail("bytecode/wrong-interpreter", "`{}` is {}, and the image has CPython {}{}",
                printable(named), is, target.version, target.free_threaded ? "t" : "")
        .hint("name a CPython of exactly that version in `[build] bytecode`, or leave it out");
}

/// `3.11` of `3.11.2`.
std::string minor_of(const std::string& version) {
    return version.substr(0, version.rfind('.'));
}

/// A module and where its source was put.
struct Module {
    std::string path;  ///< in the image, relative
    std::size_t number = 0;
};

/// `a/__pycache__/b.cpython-311.pyc` of `a/b.py`.
std::string cache_path(const std::string& module, const std::string& cache_tag) {
    const auto slash = module.rfind('/');
    const auto directory = slash == std::string::npos ? "" : module.substr(0, slash + 1);
    const auto name = module.substr(directory.size());
    return fmt::format("{}__pycache__/{}.{}.pyc", directory, name.substr(0, name.size() - 3),
                       cache_tag);
}

class Maker {
public:
    Maker(const exec::Context& ctx, const BytecodeCompiler& compiler,
          const BytecodeRequest& request, store::Store& store)
        : ctx_(ctx), compiler_(compiler), request_(request), store_(store) {}

    Result<std::optional<BytecodeLayer>> run() {
        if (auto known = find_known()) {
            PYC_TRY_ASSIGN(const auto found,
                           store_.find_blob(ctx_, known->blob.digest, known->blob.size));
            if (known->modules == 0) return std::optional<BytecodeLayer>();
            if (found) return known;
        }
        const exec::Activity activity(ctx_, "compiling to byte code");
        const auto parent = ctx_.environment().find_nonempty("TMPDIR").value_or("/tmp");
        PYC_TRY_ASSIGN(const auto directory,
                       TemporaryDirectory::create(parent, "pycontainer-bytecode-"));
        for (const auto& layer : request_.layers) PYC_TRY(extract(layer, directory.path()));
        PYC_TRY(compile(directory.path()));
        return pack(directory.path());
    }

private:
    Digest key() const {
        std::string text = fmt::format("{} {} {} {} {}\n", kFormat, archive::kLayerFormat,
                                       archive::compression_key(request_.compression),
                                       compiler_.version, compiler_.cache_tag);
        for (const auto& layer : request_.layers) text += layer.diff_id.to_string() + "\n";
        for (const auto& root : request_.roots) text += root + "\n";
        return Digest::of(text);
    }

    std::optional<BytecodeLayer> find_known() const {
        const auto record = store_.find_record(kRecord, key());
        if (!record) return std::nullopt;
        const auto digest = Digest::parse(string_member(*record, "digest").value_or(""));
        const auto diff_id = Digest::parse(string_member(*record, "diff_id").value_or(""));
        const auto size = unsigned_member(*record, "size");
        const auto modules = unsigned_member(*record, "modules");
        if (!digest || !diff_id || !size || !modules) return std::nullopt;
        return BytecodeLayer{{*digest, *diff_id, *size, 0}, *modules, true};
    }

    bool counts(const std::string& path) const {
        return path.ends_with(".py") && path.find('\n') == std::string::npos &&
               std::any_of(request_.roots.begin(), request_.roots.end(),
                           [&](const std::string& root) { return path.starts_with(root + "/"); });
    }

    /// Puts the modules of a layer where the compiler finds them; those of a later one win.
    Result<void> extract(const archive::LayerBlob& layer, const std::filesystem::path& directory) {
        return archive::read_layer(
            ctx_, store_.blob_path(layer.digest),
            [&](const archive::LayerEntry& entry,
                archive::EntryContent& content) -> Result<archive::Walk> {
                if (entry.type != archive::LayerEntry::Type::File || !counts(entry.path) ||
                    entry.size > kMaxModule)
                    return archive::Walk::Continue;
                PYC_TRY_ASSIGN(const auto text, content.read_all(kMaxModule));
                const auto number = modules_.try_emplace(entry.path, modules_.size()).first->second;
                PYC_TRY(write_file(directory / std::to_string(number), text));
                return archive::Walk::Continue;
            });
    }

    /// In as many processes as there are cores.
    Result<void> compile(const std::filesystem::path& directory) {
        std::vector<std::string> shares(std::max(1U, ctx_.concurrency()));
        for (const auto& [path, number] : modules_)
            shares[number % shares.size()] += fmt::format("{}\n/{}\n", number, path);
        std::erase_if(shares, [](const auto& share) { return share.empty(); });
        const auto limit = std::max(1U, ctx_.concurrency());
        return exec::parallel_for(
            ctx_, shares.size(), limit,
            [&](const exec::Context& ctx, std::size_t i) -> Result<void> {
                PYC_TRY_ASSIGN(
                    const auto outcome,
                    exec::run_process(ctx, {.command = command(compiler_.program, kCompile),
                                            .directory = directory,
                                            .input = shares[i],
                                            .timeout = kTimeout}));
                if (outcome.exit_code == 0) return {};
                return fail("bytecode/failed", "`{}` failed with exit code {}: {}",
                            printable(compiler_.program.string()), outcome.exit_code,
                            tail_of(outcome.errors))
                    .hint("try another CPython, or leave `[build] bytecode` out");
            });
    }

    Result<std::optional<BytecodeLayer>> pack(const std::filesystem::path& directory) {
        std::vector<archive::FileEntry> entries;
        std::vector<std::string> paths;
        for (const auto& [path, number] : modules_) {
            archive::FileEntry entry;
            const auto source = directory / (std::to_string(number) + ".pyc");
            std::error_code error;
            entry.size = std::filesystem::file_size(source, error);
            if (error) continue;  // it could not be compiled
            entry.path = cache_path(path, compiler_.cache_tag);
            entry.mtime = kInstallTime;
            entry.source = source;
            paths.push_back(entry.path);
            entries.push_back(std::move(entry));
        }
        BytecodeLayer layer;
        layer.modules = entries.size();
        for (const auto& parent : archive::missing_parents(paths))
            entries.push_back(archive::directory_entry(parent, kInstallTime));
        std::sort(entries.begin(), entries.end(), [](const auto& left, const auto& right) {
            return archive::path_less(left.path, right.path);
        });
        if (layer.modules > 0) {
            PYC_TRY_ASSIGN(auto file, store_.new_blob());
            PYC_TRY_ASSIGN(layer.blob, archive::write_layer(ctx_, entries, request_.compression,
                                                            file, ctx_.concurrency()));
            PYC_TRY(store_.commit_blob(std::move(file), layer.blob.digest));
        }
        PYC_TRY(store_.put_record(kRecord, key(),
                                  {{"digest", layer.blob.digest.to_string()},
                                   {"diff_id", layer.blob.diff_id.to_string()},
                                   {"size", layer.blob.size},
                                   {"modules", layer.modules}}));
        return layer.modules > 0 ? std::optional(layer) : std::nullopt;
    }

    const exec::Context& ctx_;
    const BytecodeCompiler& compiler_;
    const BytecodeRequest& request_;
    store::Store& store_;
    std::map<std::string, std::size_t> modules_;  // by path; numbers name the files
};

}  // namespace

Result<BytecodeCompiler> find_bytecode_compiler(const exec::Context& ctx, const std::string& named,
                                                const BytecodeTarget& target) {
    const auto missing = [&](std::string_view why) {
        return fail("bytecode/no-interpreter", "`{}` cannot compile to byte code: {}",
                    printable(named), why)
            .hint("name a CPython {} of this machine in `[build] bytecode`, or leave it out",
                  target.version);
    };
    std::optional<std::filesystem::path> program;
    std::error_code error;
    if (named.find('/') == std::string::npos)
        program = exec::find_program(ctx.environment(), named);
    else if (std::filesystem::is_regular_file(named, error))
        program = named;
    if (!program) return missing("there is no such program");
    const auto outcome = exec::run_process(ctx, {.command = command(*program, kProbe),
                                                 .directory = {},
                                                 .input = {},
                                                 .timeout = kProbeTimeout});
    if (!outcome) {
        if (outcome.error().code == "cancelled") return fail(outcome.error());
        return missing(outcome.error().message);
    }
    const auto words = split(trim(outcome->output), ' ');
    const auto is_plain = [](std::string_view text) {
        return text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-_.") ==
               std::string_view::npos;
    };
    if (outcome->exit_code != 0 || words.size() != 4 || !is_plain(words[1]) || !is_plain(words[2]))
        return missing(outcome->errors.empty() ? "it does not answer as Python does"
                                               : tail_of(outcome->errors));
    const std::string version(words[1]);
    if (words[0] != "cpython")
        return wrong_interpreter(named, printable(words[0], 40) + " " + printable(version, 40),
                                 target);
    const bool is_free_threaded = words[3] == "t";
    const bool fits = target.exact_version ? version == target.version
                                           : minor_of(version) == minor_of(target.version);
    if (!fits || is_free_threaded != target.free_threaded)
        return wrong_interpreter(
            named, fmt::format("CPython {}{}", printable(version, 40), is_free_threaded ? "t" : ""),
            target);
    return BytecodeCompiler{*program, version, std::string(words[2])};
}

Result<std::optional<BytecodeLayer>> build_bytecode_layer(const exec::Context& ctx,
                                                          const BytecodeCompiler& compiler,
                                                          const BytecodeRequest& request,
                                                          store::Store& store) {
    return Maker(ctx, compiler, request, store).run();
}

}  // namespace pycontainer::install
