#include "cli/render.hpp"

#include "base/strings.hpp"

#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <map>
#include <mutex>

namespace pycontainer::cli {
namespace {

void write(std::FILE* stream, std::string_view text) {
    std::fwrite(text.data(), 1, text.size(), stream);
    std::fflush(stream);
}

std::string warning_text(const exec::Event& event) {
    auto text = fmt::format("warning[{}]: {}\n", event.code, event.message);
    if (!event.hint.empty()) text += fmt::format("  hint: {}\n", event.hint);
    return text;
}

class JsonProgress final : public exec::EventSink {
public:
    void emit(const exec::Event& event) noexcept override {
        write(stderr, dump_json(exec::to_json(event)) + "\n");
    }
};

/// Warnings only.
class QuietProgress final : public exec::EventSink {
public:
    void emit(const exec::Event& event) noexcept override {
        if (event.kind == exec::EventKind::Warning) write(stderr, warning_text(event));
    }
};

/// A line when something that took time is done: for logs.
class PlainProgress final : public exec::EventSink {
public:
    explicit PlainProgress(bool verbose) : verbose_(verbose) {}

    void emit(const exec::Event& event) noexcept override {
        const std::lock_guard lock(mutex_);
        switch (event.kind) {
            case exec::EventKind::ActivityStarted:
                if (whole_ == 0)
                    whole_ = event.id;
                else
                    names_[event.id] = {event.name, event.total};
                break;
            case exec::EventKind::ActivityProgress: break;
            case exec::EventKind::ActivityFinished: {
                const auto found = names_.find(event.id);
                if (found == names_.end()) break;
                const auto& [name, total] = found->second;
                write(stderr, fmt::format("{}{}{}\n", name,
                                          total > 0 ? " (" + format_size(total) + ")" : "",
                                          event.outcome == "done" ? "" : ": " + event.outcome));
                names_.erase(found);
                break;
            }
            case exec::EventKind::Log:
                if (verbose_) write(stderr, event.message + "\n");
                break;
            case exec::EventKind::Warning: write(stderr, warning_text(event)); break;
        }
    }

private:
    bool verbose_;
    std::mutex mutex_;
    std::uint64_t whole_ =
        0;  // the first activity is the whole operation: its end says nothing new
    std::map<std::uint64_t, std::pair<std::string, std::uint64_t>> names_;
};

/// One line that is drawn again at most ten times a second: what is going on now, with bytes.
class TerminalProgress final : public exec::EventSink {
public:
    explicit TerminalProgress(bool verbose) : verbose_(verbose) {}
    ~TerminalProgress() override { clear(); }

    void emit(const exec::Event& event) noexcept override {
        const std::lock_guard lock(mutex_);
        switch (event.kind) {
            case exec::EventKind::ActivityStarted:
                if (whole_ == 0)
                    whole_ = event.id;
                else
                    running_[event.id] = {event.name, 0, event.total};
                draw(false);
                break;
            case exec::EventKind::ActivityProgress:
                if (const auto found = running_.find(event.id); found != running_.end())
                    found->second.done = event.done;
                draw(false);
                break;
            case exec::EventKind::ActivityFinished:
                running_.erase(event.id);
                draw(false);
                break;
            case exec::EventKind::Log:
                if (verbose_) line(event.message + "\n");
                break;
            case exec::EventKind::Warning: line(warning_text(event)); break;
        }
    }

private:
    struct Running {
        std::string name;
        std::uint64_t done = 0;
        std::uint64_t total = 0;
    };

    void line(const std::string& text) {
        clear();
        write(stderr, text);
        draw(true);
    }
    void clear() {
        if (drawn_) write(stderr, "\r\x1b[K");
        drawn_ = false;
    }
    void draw(bool now) {
        const auto time = std::chrono::steady_clock::now();
        if (!now && time - last_ < std::chrono::milliseconds(100)) return;
        last_ = time;
        if (running_.empty()) return clear();
        std::uint64_t done = 0;
        std::uint64_t total = 0;
        for (const auto& [id, activity] : running_) {
            if (activity.total == 0) continue;
            done += activity.done;
            total += activity.total;
        }
        auto text = printable(running_.rbegin()->second.name, 60);
        if (running_.size() > 1) text += fmt::format(" and {} more", running_.size() - 1);
        if (total > 0) text += fmt::format("  {} of {}", format_size(done), format_size(total));
        write(stderr, "\r\x1b[K" + text);
        drawn_ = true;
    }

    bool verbose_;
    bool drawn_ = false;
    std::uint64_t whole_ = 0;
    std::mutex mutex_;
    std::chrono::steady_clock::time_point last_{};
    std::map<std::uint64_t, Running> running_;
};

std::string text_of(const Json& object, std::string_view key) {
    return string_member(object, key).value_or("");
}

struct LayerSum {
    std::uint64_t size = 0;
    std::size_t count = 0;
    std::size_t built = 0;
};

std::string layer_line(std::string_view kind, const LayerSum& sum) {
    const auto layers =
        sum.count == 1 ? std::string("1 layer") : fmt::format("{} layers", sum.count);
    const auto state = kind == "base"   ? std::string()
                       : sum.built == 0 ? std::string("cached")
                       : sum.built == sum.count
                           ? std::string("built")
                           : fmt::format("{} built, {} cached", sum.built, sum.count - sum.built);
    return fmt::format("  {:<13} {:>9}  {:<10} {}", kind, format_size(sum.size), layers, state);
}

std::string trimmed_right(std::string text) {
    while (text.ends_with(' ')) text.pop_back();
    return text + "\n";
}

}  // namespace

std::unique_ptr<exec::EventSink> make_progress(ProgressStyle style, Verbosity verbosity) {
    if (verbosity.quiet && style != ProgressStyle::JsonLines)
        return std::make_unique<QuietProgress>();
    switch (style) {
        case ProgressStyle::Terminal: return std::make_unique<TerminalProgress>(verbosity.verbose);
        case ProgressStyle::Plain: return std::make_unique<PlainProgress>(verbosity.verbose);
        case ProgressStyle::JsonLines: return std::make_unique<JsonProgress>();
        case ProgressStyle::None: break;
    }
    return std::make_unique<QuietProgress>();
}

bool print_answer(std::string_view text) {
    if (std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0)
        return true;
    print_note(describe(fail("usage/output", "the answer could not be written to stdout").take()));
    return false;
}
void print_note(std::string_view text) {
    write(stderr, text);
}

std::string line(std::string_view name, std::string_view value) {
    return value.empty() ? std::string() : fmt::format("  {:<13} {}\n", name, value);
}

std::string blobs_line(const Json& result) {
    return line("blobs",
                fmt::format("{} uploaded ({}), {} mounted, {} there already",
                            result.value("blobs_uploaded", 0),
                            format_size(result.value("bytes_uploaded", 0ULL)),
                            result.value("blobs_mounted", 0), result.value("blobs_present", 0)));
}

std::string describe_build(const Json& result) {
    std::string text;
    std::uint64_t total = 0;
    std::string lines;
    for (const auto& platform : result["platforms"]) {
        std::map<std::string, LayerSum> sums;
        for (const auto& layer : platform["layers"]) {
            auto& sum = sums[text_of(layer, "kind")];
            const auto size = unsigned_member(layer, "size").value_or(0);
            sum.size += size;
            total += size;
            ++sum.count;
            if (text_of(layer, "state") == "built") ++sum.built;
        }
        if (result["platforms"].size() > 1)
            lines += line(text_of(platform, "platform"), text_of(platform, "digest"));
        for (const auto* kind : {"base", "dependencies", "application", "bytecode"})
            if (const auto found = sums.find(kind); found != sums.end())
                lines += trimmed_right(layer_line(kind, found->second));
    }
    text += fmt::format("Built {} ({})\n", text_of(result, "digest"), format_size(total)) + lines;
    text += line("image", text_of(result, "output"));
    if (const auto* lock = member(result, "lock"))
        text += line(lock->value("changed", false) ? "wrote lock" : "lock", text_of(*lock, "lock"));
    for (const auto& reference : result["references"])
        text += line(bool_member(result, "pushed").value_or(false) ? "pushed" : "tag",
                     reference.get<std::string>());
    text += line("time", format_milliseconds(result["timings_ms"].value("total", 0.0)));
    return text;
}

std::string describe_push(const Json& result) {
    std::string text = fmt::format("Pushed {}\n", text_of(result, "digest"));
    for (const auto& reference : result["references"])
        text += line("reference", reference.get<std::string>());
    text += blobs_line(result);
    text += line("time", format_milliseconds(result["timings_ms"].value("total", 0.0)));
    return text;
}

std::string describe_lock(const Json& result) {
    constexpr std::size_t kMostLines = 40;
    std::string text;
    const auto versions = [](const Json& list) {
        std::vector<std::string> words;
        for (const auto& each : list) words.push_back(each.get<std::string>());
        return fmt::format("{}", fmt::join(words, " and "));
    };
    std::size_t lines = 0;
    for (const auto& change : result["changes"]) {
        if (++lines > kMostLines) continue;
        const auto before = versions(change["before"]), after = versions(change["after"]);
        text += before.empty()  ? fmt::format("  added    {} {}\n", text_of(change, "name"), after)
                : after.empty() ? fmt::format("  removed  {} {}\n", text_of(change, "name"), before)
                                : fmt::format("  changed  {} {} to {}\n", text_of(change, "name"),
                                              before, after);
    }
    if (lines > kMostLines) text += fmt::format("  and {} more\n", lines - kMostLines);
    return fmt::format("{} {} ({} packages, {})\n",
                       result.value("changed", false) ? "Wrote" : "Unchanged:",
                       text_of(result, "lock"), result.value("packages", 0),
                       format_milliseconds(result["timings_ms"].value("total", 0.0))) +
           text;
}

std::string describe_plan(const Json& plan) {
    std::string text = fmt::format("{}\n", text_of(plan, "project"));
    for (const auto& fact : plan["facts"]) {
        text += fmt::format("  {:<14} {}\n", text_of(fact, "name"), text_of(fact, "value"));
        if (const auto why = string_member(fact, "evidence"))
            text += fmt::format("  {:<14}   because: {}\n", "", *why);
    }
    for (const auto& platform : plan["platforms"]) {
        if (plan["platforms"].size() > 1)
            text += fmt::format("  {:<14} for {}\n", "image", text_of(platform, "platform"));
        for (const auto& layer : platform["layers"]) {
            text += fmt::format("  layer          {}: {}\n", text_of(layer, "kind"),
                                text_of(layer, "summary"));
            if (const auto* items = member(layer, "contents"); items && items->is_array())
                for (const auto& item : *items)
                    text += fmt::format("                   {}\n", item.get<std::string>());
        }
    }
    return text;
}

std::string describe(const Error& error) {
    std::string text;
    for (const auto& diagnostic : error.diagnostics) {
        text += to_string(diagnostic) + "\n";
        if (!diagnostic.hint.empty()) text += fmt::format("  hint: {}\n", diagnostic.hint);
    }
    text += fmt::format("error[{}]: {}\n", error.code, error.message);
    for (const auto& frame : error.context) text += fmt::format("  while {}\n", frame);
    if (!error.hint.empty()) text += fmt::format("  hint: {}\n", error.hint);
    return text;
}

Json to_json(const Diagnostic& diagnostic) {
    const auto place = [](const Position& position) {
        return Json{{"line", position.line}, {"character", position.character}};
    };
    Json json{
        {"file", diagnostic.file},
        {"range", {{"start", place(diagnostic.range.start)}, {"end", place(diagnostic.range.end)}}},
        {"severity", to_string(diagnostic.severity)},
        {"code", diagnostic.code},
        {"message", diagnostic.message}};
    if (!diagnostic.hint.empty()) json["hint"] = diagnostic.hint;
    return json;
}

Json to_json(const Error& error) {
    Json json{
        {"format_version", 1},
        {"error", {{"code", error.code}, {"message", error.message}, {"context", error.context}}},
        {"diagnostics", Json::array()}};
    if (!error.hint.empty()) json["error"]["hint"] = error.hint;
    for (const auto& diagnostic : error.diagnostics)
        json["diagnostics"].push_back(to_json(diagnostic));
    return json;
}

Exit exit_code(const Error& error) {
    if (error.is_cancelled()) return Exit::Cancelled;
    const auto is = [&](std::string_view prefix) { return error.code.starts_with(prefix); };
    if (is("usage/") || is("request/")) return Exit::Usage;
    for (const std::string_view code :
         {"project/not-found", "project/no-python", "project/invalid-name",
          "project/invalid-version", "project/invalid-script", "project/invalid-python",
          "resolve/invalid-lock", "resolve/unsupported-lock-version",
          "resolve/invalid-requirements", "resolve/not-pinned", "resolve/missing-hash",
          "resolve/conflicting-pins"})
        if (error.code == code) return Exit::Configuration;
    return is("config/") || is("toml/") ? Exit::Configuration : Exit::Failed;
}

}  // namespace pycontainer::cli
