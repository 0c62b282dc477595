#include "install/unmet_requirements.hpp"

#include "packaging/requirement.hpp"

#include <map>

namespace pycontainer::install {

std::vector<UnmetRequirement> find_unmet_requirements(
    std::span<const PreparedWheel> wheels, const packaging::MarkerEnvironment& environment) {
    std::map<std::string, std::string> installed;
    for (const auto& wheel : wheels) installed.emplace(wheel.name, wheel.version);
    std::vector<UnmetRequirement> unmet;
    for (const auto& wheel : wheels) {
        for (const auto& text : wheel.requires_dist) {
            auto requirement = packaging::Requirement::parse(text);
            if (!requirement) continue;
            if (requirement->marker && !requirement->marker->evaluate_leniently(environment))
                continue;
            const auto found = installed.find(requirement->normalized_name());
            if (found != installed.end() &&
                (!requirement->url.empty() || requirement->specifiers.contains(found->second)))
                continue;
            requirement->marker.reset();
            unmet.push_back(
                {wheel.name + " " + wheel.version, requirement->normalized_name(),
                 requirement->url.empty() ? requirement->to_string() : requirement->name,
                 found == installed.end() ? std::string() : found->second});
        }
    }
    return unmet;
}

}  // namespace pycontainer::install
