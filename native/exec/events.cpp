#include "exec/events.hpp"

namespace pycontainer::exec {
namespace {

const char* name_of(EventKind kind) {
    switch (kind) {
        case EventKind::ActivityStarted: return "activity_started";
        case EventKind::ActivityProgress: return "activity_progress";
        case EventKind::ActivityFinished: return "activity_finished";
        case EventKind::Log: return "log";
        case EventKind::Warning: return "warning";
    }
    return "log";
}

}  // namespace

Json to_json(const Event& event) {
    Json json{{"kind", name_of(event.kind)}};
    switch (event.kind) {
        case EventKind::ActivityStarted:
            json["id"] = event.id;
            if (event.parent != 0) json["parent"] = event.parent;
            json["name"] = event.name;
            json["total"] = event.total;
            break;
        case EventKind::ActivityProgress:
            json["id"] = event.id;
            json["done"] = event.done;
            json["total"] = event.total;
            break;
        case EventKind::ActivityFinished:
            json["id"] = event.id;
            json["outcome"] = event.outcome;
            break;
        case EventKind::Log: json["message"] = event.message; break;
        case EventKind::Warning:
            json["code"] = event.code;
            json["message"] = event.message;
            if (!event.hint.empty()) json["hint"] = event.hint;
            break;
    }
    return json;
}

}  // namespace pycontainer::exec
