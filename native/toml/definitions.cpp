#include "toml/internal/definitions.hpp"

namespace pycontainer::toml {

std::optional<Definitions::Table> Definitions::find(Table table, const std::string& name) const {
    const auto found = names_.find({table, name});
    if (found == names_.end()) return std::nullopt;
    return found->second;
}

Definitions::Table Definitions::add(Table table, const std::string& name, Kind kind) {
    const auto id = add_nameless(kind);
    names_.emplace(Name{table, name}, id);
    return id;
}

Definitions::Table Definitions::add_nameless(Kind kind) {
    things_.push_back({kind});
    return static_cast<Table>(things_.size() - 1);
}

std::optional<Definitions::Table> Definitions::descend(const std::vector<std::string>& parts,
                                                       Conflict& conflict) {
    Table table = kRootTable;
    for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
        const auto known = find(table, parts[i]);
        if (!known) {
            table = add(table, parts[i], Kind::Implicit);
        } else if (things_[*known].kind == Kind::Inline || things_[*known].kind == Kind::Value) {
            conflict = things_[*known].kind == Kind::Inline ? Conflict::Inline : Conflict::Twice;
            return std::nullopt;
        } else {
            table = things_[*known].kind == Kind::Tables ? things_[*known].element : *known;
        }
    }
    return table;
}

Definitions::Outcome Definitions::header(const std::vector<std::string>& parts) {
    Outcome outcome;
    if (parts.empty()) return outcome;
    const auto parent = descend(parts, outcome.conflict);
    if (!parent) {
        outcome.table = add_nameless(Kind::Explicit);
        return outcome;
    }
    const auto known = find(*parent, parts.back());
    if (!known) {
        outcome.table = add(*parent, parts.back(), Kind::Explicit);
    } else if (things_[*known].kind == Kind::Implicit) {
        things_[*known].kind = Kind::Explicit;
        outcome.table = *known;
    } else {
        outcome.conflict = Conflict::Twice;
        outcome.table = add_nameless(Kind::Explicit);
    }
    return outcome;
}

Definitions::Outcome Definitions::array_header(const std::vector<std::string>& parts) {
    Outcome outcome;
    if (parts.empty()) return outcome;
    outcome.table = add_nameless(Kind::Explicit);
    const auto parent = descend(parts, outcome.conflict);
    if (!parent) return outcome;
    auto known = find(*parent, parts.back());
    if (!known) known = add(*parent, parts.back(), Kind::Tables);
    if (things_[*known].kind == Kind::Tables)
        things_[*known].element = outcome.table;
    else
        outcome.conflict =
            things_[*known].kind == Kind::Inline ? Conflict::Inline : Conflict::Twice;
    return outcome;
}

Definitions::Outcome Definitions::entry(Table table, const std::vector<std::string>& parts) {
    Outcome outcome;
    for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
        const auto known = find(table, parts[i]);
        if (!known) {
            table = add(table, parts[i], Kind::Dotted);
            continue;
        }
        auto& kind = things_[*known].kind;
        if (kind != Kind::Dotted && kind != Kind::Implicit) {
            outcome.conflict = kind == Kind::Inline ? Conflict::Inline : Conflict::Twice;
            return outcome;
        }
        kind = Kind::Dotted;
        table = *known;
    }
    if (parts.empty()) return outcome;
    if (find(table, parts.back()))
        outcome.conflict = Conflict::Twice;
    else
        outcome.slot = Slot{add(table, parts.back(), Kind::Value)};
    return outcome;
}

Definitions::Table Definitions::open_inline(const std::optional<Slot>& slot) {
    if (!slot) return add_nameless(Kind::Explicit);
    things_[slot->table].kind = Kind::Explicit;
    return slot->table;
}

}  // namespace pycontainer::toml
