#include "packaging/dependency_groups.hpp"

#include "base/strings.hpp"
#include "packaging/names.hpp"

#include <algorithm>
#include <map>
#include <string>

namespace pycontainer::packaging {
namespace {

/// Groups that include a group twice, and so on, unfold to powers of two.
constexpr std::size_t kMaxEntries = 100'000;
constexpr std::string_view kForms =
    "an entry is a requirement such as `\"pytest>=8\"`, or `{ include-group = \"name\" }`";

/// A group that is being read, and how far.
struct Place {
    std::string name;  ///< normalized
    std::size_t next = 0;
};

class Groups {
public:
    static Result<Groups> from(const Json& table) {
        if (!table.is_object())
            return fail("packaging/invalid-group", "the dependency groups are not a table")
                .hint("a group looks like `dev = [\"pytest>=8\"]`");
        Groups groups;
        for (const auto& [name, list] : table.items()) {
            const auto [found, is_new] =
                groups.by_name_.emplace(normalize_name(name), Entry{name, &list});
            if (!is_new)
                return fail("packaging/invalid-group",
                            "the dependency groups `{}` and `{}` have the same name",
                            printable(found->second.written, 60), printable(name, 60))
                    .hint("names are compared in lower case, with `-`, `_` and `.` being the same");
        }
        return groups;
    }

    Result<std::vector<Requirement>> resolve(std::string_view name) {
        PYC_TRY(enter(name));
        while (!open_.empty()) {
            auto& place = open_.back();
            const auto& list = *by_name_.at(place.name).list;
            if (place.next == list.size()) {
                open_.pop_back();
                continue;
            }
            if (++count_ > kMaxEntries)
                return fail("packaging/invalid-group",
                            "the dependency group `{}` unfolds to more than {} entries",
                            printable(name, 60), kMaxEntries)
                    .hint("include each group once");
            PYC_TRY(read(list[place.next++]));
        }
        return std::move(requirements_);
    }

private:
    struct Entry {
        std::string written;
        const Json* list = nullptr;
    };

    Result<void> enter(std::string_view name) {
        auto normalized = normalize_name(name);
        const auto found = by_name_.find(normalized);
        if (found == by_name_.end()) return unknown(name);
        if (!found->second.list->is_array())
            return fail("packaging/invalid-group", "the dependency group `{}` is not a list",
                        printable(name, 60))
                .hint("{}", kForms);
        if (std::any_of(open_.begin(), open_.end(),
                        [&](const auto& each) { return each.name == normalized; }))
            return fail("packaging/invalid-group", "the dependency group `{}` includes itself",
                        printable(name, 60))
                .hint("it does so by way of `{}`", open_.back().name);
        open_.push_back({std::move(normalized)});
        return {};
    }

    Failure unknown(std::string_view name) const {
        std::vector<std::string> names;
        for (const auto& [normalized, entry] : by_name_) names.push_back(normalized);
        auto failure = open_.empty()
                           ? fail("packaging/unknown-group", "there is no dependency group `{}`",
                                  printable(name, 60))
                           : fail("packaging/unknown-group",
                                  "the dependency group `{}` includes `{}`, which does not exist",
                                  open_.back().name, printable(name, 60));
        if (names.empty()) return std::move(failure).hint("there are none");
        return std::move(failure).hint("there are: {}", join(names, ", "));
    }

    Result<void> read(const Json& entry) {
        const auto& group = open_.back().name;
        if (entry.is_string()) {
            auto requirement = Requirement::parse(entry.get_ref<const std::string&>());
            if (!requirement)
                return fail(std::move(requirement).error())
                    .while_("reading the dependency group `{}`", group);
            requirements_.push_back(*std::move(requirement));
            return {};
        }
        const auto included = string_member(entry, "include-group");
        if (!included || entry.size() != 1)
            return fail("packaging/invalid-group",
                        "the dependency group `{}` has an entry of another form", group)
                .hint("{}", kForms);
        return enter(*included);
    }

    std::map<std::string, Entry, std::less<>> by_name_;  // by normalized name
    std::vector<Place> open_;                            // each included by the one before
    std::vector<Requirement> requirements_;
    std::size_t count_ = 0;
};

}  // namespace

Result<std::vector<Requirement>> resolve_dependency_group(const Json& table,
                                                          std::string_view name) {
    PYC_TRY_ASSIGN(auto groups, Groups::from(table));
    return groups.resolve(name);
}

}  // namespace pycontainer::packaging
