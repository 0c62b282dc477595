#pragma once

// Which keys and tables a TOML text has defined so far, so that none is defined twice (TOML 1.0,
// "Table", "Inline Table", "Array of Tables", and the rules about dotted keys in "Keys").

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace pycontainer::toml {

class Definitions {
public:
    using Table = std::uint32_t;
    static constexpr Table kRootTable = 0;

    enum class Conflict : std::uint8_t { None, Twice, Inline };
    /// The name that an entry's value will be known by.
    struct Slot {
        Table table;
    };
    struct Outcome {
        Conflict conflict = Conflict::None;
        Table table = kRootTable;  ///< of a header: where its entries go, one of its own after a
                                   ///< conflict
        std::optional<Slot> slot;  ///< of an entry
    };

    Definitions() { things_.push_back({Kind::Explicit}); }

    Outcome header(const std::vector<std::string>& parts);
    Outcome array_header(const std::vector<std::string>& parts);
    Outcome entry(Table table, const std::vector<std::string>& parts);

    /// A table in braces: that of an entry, or one without a name.
    Table open_inline(const std::optional<Slot>& slot);
    /// Nothing can be added to it any more.
    void close_inline(Table table) { things_[table].kind = Kind::Inline; }

private:
    enum class Kind : std::uint8_t { Implicit, Explicit, Dotted, Value, Inline, Tables };
    struct Thing {
        Kind kind;
        Table element = 0;  ///< of an array of tables: the last one
    };
    struct Name {
        Table table;
        std::string name;
        friend bool operator==(const Name&, const Name&) = default;
    };
    struct NameHash {
        std::size_t operator()(const Name& name) const {
            return std::hash<std::string>()(name.name) * 31 + name.table;
        }
    };

    std::optional<Table> find(Table table, const std::string& name) const;
    Table add(Table table, const std::string& name, Kind kind);
    Table add_nameless(Kind kind);
    /// The table that holds the last part of a header.
    std::optional<Table> descend(const std::vector<std::string>& parts, Conflict& conflict);

    std::vector<Thing> things_;
    std::unordered_map<Name, Table, NameHash> names_;
};

}  // namespace pycontainer::toml
