#pragma once

// What happens during an operation, for whoever shows it: terminal, JSON lines, LSP progress.
// Library code has no logger; it emits events.

#include "base/json.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace pycontainer::exec {

enum class EventKind {
    ActivityStarted,   ///< id, parent, name, total (bytes or steps; 0: unknown)
    ActivityProgress,  ///< id, done, total
    ActivityFinished,  ///< id, outcome: "done", "cached", "failed" or "cancelled"
    Log,               ///< message; shown with --verbose
    Warning,           ///< code, message, hint
};

struct Event {
    EventKind kind = EventKind::Log;
    std::uint64_t id = 0;
    std::uint64_t parent = 0;
    std::string name;
    std::uint64_t done = 0;
    std::uint64_t total = 0;
    std::string outcome;
    std::string code;
    std::string message;
    std::string hint;
};

/// One line of `--progress json` (schemas/events.schema.json).
Json to_json(const Event& event);

/// Thread-safe; must not throw and must not block for long.
class EventSink {
public:
    EventSink() = default;
    EventSink(const EventSink&) = delete;
    EventSink& operator=(const EventSink&) = delete;
    virtual ~EventSink() = default;
    virtual void emit(const Event& event) noexcept = 0;
};

/// Drops everything.
class NullEventSink final : public EventSink {
public:
    void emit(const Event&) noexcept override {}
};

}  // namespace pycontainer::exec
