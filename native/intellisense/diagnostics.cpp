#include "intellisense/diagnostics.hpp"

#include "config/check.hpp"
#include "intellisense/ignore.hpp"
#include "intellisense/meaning.hpp"
#include "project/pyproject_check.hpp"
#include "toml/document.hpp"

#include <algorithm>
#include <tuple>

namespace pycontainer::intellisense {
namespace {

void append(std::vector<Diagnostic>& to, std::vector<Diagnostic> from) {
    to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
}

}  // namespace

std::vector<Diagnostic> diagnose_text(const Source& source) {
    const auto document = toml::parse(source.tree(), source.path());
    const bool is_pyproject = source.kind() == FileKind::Pyproject;
    auto diagnostics =
        config::check_document(document, is_pyproject ? config::kPyprojectTable : "", source.path())
            .diagnostics;
    if (is_pyproject) append(diagnostics, project::check_pyproject(document, source.path()));
    return without_ignored(std::move(diagnostics), source);
}

std::vector<Diagnostic> diagnose_project(const ProjectView& view, const ImageCatalog* images) {
    const auto& loaded = view.loaded;
    const auto pyproject_file = loaded.files_considered.front().string();
    auto all = loaded.diagnostics;
    append(all, project::check_pyproject(loaded.pyproject_document, pyproject_file));
    append(all, diagnose_meaning(view, images));
    std::vector<Diagnostic> diagnostics;
    const auto take = [&](const std::string& file, const toml::Document& document) {
        std::vector<Diagnostic> of_file;
        std::erase_if(all, [&](Diagnostic& diagnostic) {
            if (diagnostic.file != file) return false;
            of_file.push_back(std::move(diagnostic));
            return true;
        });
        const auto source = document.tree ? Source::make(file, document.text()) : nullptr;
        append(diagnostics,
               source ? without_ignored(std::move(of_file), *source) : std::move(of_file));
    };
    take(pyproject_file, loaded.pyproject_document);
    take(loaded.own_path.string(), loaded.own_document);
    append(diagnostics, std::move(all));
    std::stable_sort(diagnostics.begin(), diagnostics.end(),
                     [](const Diagnostic& a, const Diagnostic& b) {
                         return std::tie(a.file, a.range.start) < std::tie(b.file, b.range.start);
                     });
    return diagnostics;
}

}  // namespace pycontainer::intellisense
