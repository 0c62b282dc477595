#include "project/detect.hpp"

#include "base/strings.hpp"

namespace pycontainer::project {
namespace {

void append(std::vector<Warning>& to, const std::vector<Warning>& from) {
    to.insert(to.end(), from.begin(), from.end());
}

template <typename T>
Json fact(const Fact<T>& value) {
    return Json{{"value", value.value}, {"evidence", value.evidence}};
}

}  // namespace

Result<PythonChoice> detect_python(const std::filesystem::path& directory,
                                   const Pyproject& pyproject,
                                   std::optional<std::string> configured,
                                   const std::optional<PythonConstraint>& locked) {
    PythonRequest request{directory, std::move(configured), std::nullopt, ConstraintSyntax::Pep440};
    if (const auto required = pyproject.find_string("/project/requires-python")) {
        request.required = Fact<std::string>{
            *required, pyproject.evidence("/project/requires-python", "[project] requires-python")};
    } else if (const auto poetry = pyproject.find_string("/tool/poetry/dependencies/python")) {
        request.required =
            Fact<std::string>{*poetry, pyproject.evidence("/tool/poetry/dependencies/python",
                                                          "[tool.poetry.dependencies] python")};
        request.syntax = ConstraintSyntax::Poetry;
    } else if (locked) {
        request.required = locked->fact;
        request.syntax = locked->syntax;
    }
    return choose_python(request);
}

Result<ProjectFacts> detect(const DetectRequest& request) {
    const Pyproject pyproject(request.pyproject, request.pyproject_document);
    const SourceView sources(request.directory, request.sources);
    ProjectFacts facts;
    facts.layout = find_layout(sources, pyproject);
    PYC_TRY_ASSIGN(facts.identity, read_identity({request.directory, pyproject, sources,
                                                  facts.layout, request.vcs}));
    PYC_TRY_ASSIGN(facts.python, detect_python(request.directory, pyproject, request.python,
                                               request.locked_python));
    PYC_TRY_ASSIGN(
        facts.entrypoint,
        find_entrypoint(
            {pyproject,
             FrameworkRequest{sources, facts.layout, facts.identity.normalized_name,
                              request.dependency_names, request.installed_names, request.framework},
             request.entrypoint}));
    facts.layout.add_root(facts.entrypoint.import_root);
    append(facts.warnings, request.sources.warnings);
    append(facts.warnings, facts.identity.warnings);
    append(facts.warnings, facts.python.warnings);
    append(facts.warnings, facts.entrypoint.warnings);
    return facts;
}

Json to_json(const ProjectFacts& facts) {
    const auto& identity = facts.identity;
    Json json = Json::object();
    json["name"] = fact(identity.name);
    const std::pair<const char*, const std::optional<Fact<std::string>>&> texts[] = {
        {"version", identity.version},
        {"description", identity.description},
        {"license", identity.license},
        {"authors", identity.authors},
        {"framework", facts.entrypoint.framework}};
    for (const auto& [key, value] : texts)
        if (value) json[key] = fact(*value);
    json["python"] = {{"value", facts.python.minor},
                      {"evidence", facts.python.evidence},
                      {"candidates", facts.python.candidates}};
    json["entrypoint"] = {{"value", facts.entrypoint.argv},
                          {"evidence", facts.entrypoint.evidence}};
    json["ports"] = Json::array();
    for (const auto& port : facts.entrypoint.ports) json["ports"].push_back(fact(port));
    json["console_scripts"] = Json::object();
    for (const auto& script : facts.entrypoint.console_scripts)
        json["console_scripts"][script.name] = script.module + ":" + script.attr;
    json["layout"] = {{"value", facts.layout.kind == LayoutKind::Src ? "src" : "flat"},
                      {"evidence", facts.layout.evidence},
                      {"import_roots", facts.layout.import_roots}};
    json["build_system"] = identity.has_build_system;
    return json;
}

}  // namespace pycontainer::project
