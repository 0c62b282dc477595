#include "packaging/marker.hpp"

#include "base/strings.hpp"
#include "packaging/internal/characters.hpp"
#include "packaging/names.hpp"
#include "packaging/specifier.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace pycontainer::packaging {
namespace {

using Variable = Marker::Variable;
using Operator = Marker::Operator;

constexpr int kMaxDepth = 100;

struct VariableName {
    std::string_view name;
    Variable variable;
};

/// The first name of each variable is the one that is printed; the others are of PEP 345 and of
/// setuptools.
constexpr std::array<VariableName, 20> kVariables = {{
    {"implementation_name", Variable::ImplementationName},
    {"implementation_version", Variable::ImplementationVersion},
    {"os_name", Variable::OsName},
    {"platform_machine", Variable::PlatformMachine},
    {"platform_python_implementation", Variable::PlatformPythonImplementation},
    {"platform_release", Variable::PlatformRelease},
    {"platform_system", Variable::PlatformSystem},
    {"platform_version", Variable::PlatformVersion},
    {"python_full_version", Variable::PythonFullVersion},
    {"python_version", Variable::PythonVersion},
    {"sys_platform", Variable::SysPlatform},
    {"extra", Variable::Extra},
    {"extras", Variable::Extras},
    {"dependency_groups", Variable::DependencyGroups},
    {"os.name", Variable::OsName},
    {"sys.platform", Variable::SysPlatform},
    {"platform.version", Variable::PlatformVersion},
    {"platform.machine", Variable::PlatformMachine},
    {"platform.python_implementation", Variable::PlatformPythonImplementation},
    {"python_implementation", Variable::PlatformPythonImplementation},
}};

struct OperatorName {
    std::string_view name;
    Operator operation;
};

/// Longer ones before their beginnings.
constexpr std::array<OperatorName, 8> kOperators = {{
    {"===", Operator::Arbitrary},
    {"==", Operator::Equal},
    {"~=", Operator::Compatible},
    {"!=", Operator::NotEqual},
    {"<=", Operator::LessOrEqual},
    {">=", Operator::GreaterOrEqual},
    {"<", Operator::Less},
    {">", Operator::Greater},
}};

std::string_view variable_name(Variable variable) {
    return std::find_if(kVariables.begin(), kVariables.end(),
                        [&](const auto& each) { return each.variable == variable; })
        ->name;
}

std::string_view operator_name(Operator operation) {
    if (operation == Operator::In) return "in";
    if (operation == Operator::NotIn) return "not in";
    return std::find_if(kOperators.begin(), kOperators.end(),
                        [&](const auto& each) { return each.operation == operation; })
        ->name;
}

const std::string* text_of(const MarkerEnvironment& environment, Variable variable) {
    switch (variable) {
        case Variable::ImplementationName: return &environment.implementation_name;
        case Variable::ImplementationVersion: return &environment.implementation_version;
        case Variable::OsName: return &environment.os_name;
        case Variable::PlatformMachine: return &environment.platform_machine;
        case Variable::PlatformPythonImplementation:
            return &environment.platform_python_implementation;
        case Variable::PlatformRelease: return &environment.platform_release;
        case Variable::PlatformSystem: return &environment.platform_system;
        case Variable::PlatformVersion: return &environment.platform_version;
        case Variable::PythonFullVersion: return &environment.python_full_version;
        case Variable::PythonVersion: return &environment.python_version;
        case Variable::SysPlatform: return &environment.sys_platform;
        case Variable::Extra:
        case Variable::Extras:
        case Variable::DependencyGroups:
        case Variable::None: break;
    }
    return nullptr;
}

bool holds_versions(Variable variable) {
    return variable == Variable::PythonVersion || variable == Variable::PythonFullVersion ||
           variable == Variable::ImplementationVersion || variable == Variable::PlatformRelease;
}

/// True, false, or not defined.
using Truth = std::optional<bool>;

enum class Order { Undefined, Bytes };

Truth compare_texts(std::string_view left, Operator operation, std::string_view right,
                    Order order) {
    const bool by_bytes = order == Order::Bytes;
    switch (operation) {
        case Operator::Equal: return left == right;
        case Operator::NotEqual: return left != right;
        case Operator::In: return right.find(left) != std::string_view::npos;
        case Operator::NotIn: return right.find(left) == std::string_view::npos;
        // Without an order of texts, "not after" can only mean "equal".
        case Operator::Less: return by_bytes && left < right;
        case Operator::Greater: return by_bytes && left > right;
        case Operator::LessOrEqual: return by_bytes ? left <= right : left == right;
        case Operator::GreaterOrEqual: return by_bytes ? left >= right : left == right;
        case Operator::Arbitrary: return by_bytes ? Truth(left == right) : std::nullopt;
        case Operator::Compatible: return by_bytes ? Truth(false) : std::nullopt;
    }
    return std::nullopt;
}

/// `operation` and `right` as a specifier, if they make one, else as texts.
Truth compare_versions(std::string_view left, Operator operation, std::string_view right,
                       Order order) {
    if (operation != Operator::In && operation != Operator::NotIn) {
        if (const auto clause =
                Specifier::from(std::string(operator_name(operation)) + std::string(right))) {
            const auto version = Version::from(left);
            return version ? clause->contains(*version, left) : clause->contains_text(left);
        }
    }
    return compare_texts(left, operation, right, order);
}

Truth compare_extra(const Marker::Step& step, const std::vector<std::string>& active, Order order) {
    const auto& wanted = step.value;
    const bool negative = step.operation == Operator::NotEqual || step.operation == Operator::NotIn;
    // Several extras are active at a time, so "is not" means "none is".
    bool all = true;
    bool any = false;
    const auto visit = [&](const std::string& extra) {
        const auto result = step.variable_is_left
                                ? compare_texts(extra, step.operation, wanted, order)
                                : compare_texts(wanted, step.operation, extra, order);
        if (!result) return false;
        all = all && *result;
        any = any || *result;
        return true;
    };
    if (active.empty()) {
        if (!visit("")) return std::nullopt;
    }
    for (const auto& extra : active)
        if (!visit(normalize_name(extra))) return std::nullopt;
    return negative ? all : any;
}

/// PEP 751: `"name" in extras` and `"name" not in dependency_groups`.
Truth compare_set(const Marker::Step& step, const std::optional<std::vector<std::string>>& set) {
    if (!set || step.variable_is_left ||
        (step.operation != Operator::In && step.operation != Operator::NotIn))
        return std::nullopt;
    const auto wanted = normalize_name(step.value);
    const bool found = std::any_of(
        set->begin(), set->end(), [&](const auto& each) { return normalize_name(each) == wanted; });
    return found == (step.operation == Operator::In);
}

Truth compare(const Marker::Step& step, const MarkerEnvironment& environment, Order order) {
    if (step.variable == Variable::Extra) return compare_extra(step, environment.extra, order);
    if (step.variable == Variable::Extras) return compare_set(step, environment.extras);
    if (step.variable == Variable::DependencyGroups)
        return compare_set(step, environment.dependency_groups);
    if (step.variable == Variable::None) return std::nullopt;
    const std::string_view variable = *text_of(environment, step.variable);
    const auto left = step.variable_is_left ? variable : std::string_view(step.value);
    const auto right = step.variable_is_left ? std::string_view(step.value) : variable;
    return holds_versions(step.variable) ? compare_versions(left, step.operation, right, order)
                                         : compare_texts(left, step.operation, right, order);
}

std::string quote(std::string_view value) {
    const char* mark = value.find('"') == std::string_view::npos ? "\"" : "'";
    return mark + std::string(value) + mark;
}

std::string comparison_text(const Marker::Step& step) {
    const auto middle = " " + std::string(operator_name(step.operation)) + " ";
    const auto value = step.value_is_name ? step.value : quote(step.value);
    if (step.variable == Variable::None) return quote(step.left_text) + middle + value;
    const std::string variable(variable_name(step.variable));
    return step.variable_is_left ? variable + middle + value : value + middle + variable;
}

/// Results that a postfix evaluation has not used yet; the first undefined comparison ends it.
template <typename Compare>
const Marker::Step* evaluate_steps(const std::vector<Marker::Step>& steps, bool& result,
                                   const Compare& compare_step) {
    std::vector<bool> stack;
    for (const auto& step : steps) {
        if (step.kind == Marker::Step::Kind::Compare) {
            const Truth truth = compare_step(step);
            if (!truth) return &step;
            stack.push_back(*truth);
            continue;
        }
        const bool right = stack.back();
        stack.pop_back();
        stack.back() =
            step.kind == Marker::Step::Kind::And ? stack.back() && right : stack.back() || right;
    }
    result = stack.back();
    return nullptr;
}

}  // namespace

/// Recursive descent over the grammar of the specification.
class MarkerParser {
public:
    explicit MarkerParser(std::string_view text) : text_(text) {}

    Result<Marker> parse() {
        PYC_TRY_ASSIGN(auto whole, parse_expression(0));
        if (at_ != text_.size()) return fault("`and`, `or` or the end is expected");
        marker_.text_ = std::move(whole.text);
        return std::move(marker_);
    }

private:
    /// The printed form of a part, and whether it needs parentheses inside a larger one.
    struct Part {
        std::string text;
        bool is_several = false;
        bool is_joined = false;  // more of the same expression follows
    };
    struct Operand {
        std::optional<Variable> variable;
        std::string value;
    };

    Failure fault(std::string_view what) const {
        return fail("packaging/invalid-marker", "`{}` is not a marker: {} at character {}",
                    printable(text_, 120), what, at_ + 1)
            .hint("a marker looks like `python_version >= \"3.10\" and sys_platform == \"linux\"`");
    }

    void skip_space() {
        while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t')) ++at_;
    }

    /// The word at the current place: letters, digits, `_` and, in old names, `.`.
    std::string_view peek_word() const {
        auto end = at_;
        while (end < text_.size() &&
               (internal::is_alphanumeric(text_[end]) || text_[end] == '_' || text_[end] == '.'))
            ++end;
        return text_.substr(at_, end - at_);
    }

    bool read_word(std::string_view word) {
        if (peek_word() != word) return false;
        at_ += word.size();
        return true;
    }

    void add_operation(Marker::Step::Kind kind) { marker_.steps_.push_back({.kind = kind}); }

    static std::string inner_text(const Part& part) {
        return part.is_several ? "(" + part.text + ")" : part.text;
    }

    /// Atoms joined by `and` and `or`. An `or` is applied when the next one or the end comes, after
    /// the `and`s to its right.
    Result<Part> parse_expression(int depth) {
        PYC_TRY_ASSIGN(auto part, parse_atom(depth));
        bool or_is_open = false;
        for (;;) {
            const bool is_and = read_word("and");
            if (!is_and && !read_word("or")) break;
            if (!is_and && std::exchange(or_is_open, true)) add_operation(Marker::Step::Kind::Or);
            PYC_TRY_ASSIGN(const auto right, parse_atom(depth));
            if (is_and) add_operation(Marker::Step::Kind::And);
            part.text = (part.is_joined ? part.text : inner_text(part)) +
                        (is_and ? " and " : " or ") + inner_text(right);
            part.is_joined = true;
            part.is_several = true;
        }
        part.is_joined = false;
        if (or_is_open) add_operation(Marker::Step::Kind::Or);
        return part;
    }

    Result<Part> parse_atom(int depth) {
        skip_space();
        Part part;
        if (at_ < text_.size() && text_[at_] == '(') {
            if (depth >= kMaxDepth) return fault("the parentheses are nested too deeply");
            ++at_;
            PYC_TRY_ASSIGN(part, parse_expression(depth + 1));
            if (at_ >= text_.size() || text_[at_] != ')') return fault("`)` is expected");
            ++at_;
        } else {
            PYC_TRY_ASSIGN(part.text, parse_comparison());
        }
        skip_space();
        return part;
    }

    Result<std::string> parse_comparison() {
        PYC_TRY_ASSIGN(auto left, parse_operand());
        skip_space();
        PYC_TRY_ASSIGN(const auto operation, parse_operator());
        skip_space();
        PYC_TRY_ASSIGN(auto right, parse_operand());
        Marker::Step step;
        step.operation = operation;
        step.variable_is_left = left.variable.has_value();
        step.variable = left.variable    ? *left.variable
                        : right.variable ? *right.variable
                                         : Variable::None;
        step.value_is_name = left.variable && right.variable;
        if (step.variable == Variable::None) step.left_text = left.value;
        // Two variables: the reference implementation compares with the name of the second.
        step.value = step.value_is_name ? std::string(variable_name(*right.variable))
                     : left.variable || !right.variable ? std::move(right.value)
                                                        : std::move(left.value);
        // PEP 685: extras compare, and are printed, in their normalized form.
        if (step.variable == Variable::Extra && !step.value_is_name)
            step.value = normalize_name(step.value);
        auto text = comparison_text(step);
        marker_.steps_.push_back(std::move(step));
        return text;
    }

    Result<Operand> parse_operand() {
        if (at_ < text_.size() && (text_[at_] == '"' || text_[at_] == '\'')) {
            const auto end = text_.find(text_[at_], at_ + 1);
            if (end == std::string_view::npos) return fault("a quotation mark is missing");
            // The grammar has no escapes: a text that Python would read otherwise than we do is
            // none.
            const auto quoted = text_.substr(at_, end - at_);
            if (quoted.find('\\') != std::string_view::npos)
                return fault("a text without `\\` is expected");
            if (quoted.find_first_of(std::string_view("\n\r\0", 3)) != std::string_view::npos)
                return fault("a text on one line is expected");
            Operand operand{.value = std::string(text_.substr(at_ + 1, end - at_ - 1))};
            at_ = end + 1;
            return operand;
        }
        const auto word = peek_word();
        const auto found = std::find_if(kVariables.begin(), kVariables.end(),
                                        [&](const auto& each) { return each.name == word; });
        if (found == kVariables.end()) return fault("a variable or a quoted text is expected");
        at_ += word.size();
        return Operand{.variable = found->variable};
    }

    Result<Operator> parse_operator() {
        if (read_word("in")) return Operator::In;
        if (read_word("not")) {
            const auto before = at_;
            skip_space();
            if (at_ == before || !read_word("in")) return fault("`in` is expected after `not`");
            return Operator::NotIn;
        }
        for (const auto& each : kOperators) {
            if (!text_.substr(at_).starts_with(each.name)) continue;
            at_ += each.name.size();
            return each.operation;
        }
        return fault("an operator is expected");
    }

    std::string_view text_;
    std::size_t at_ = 0;
    Marker marker_;
};

Result<Marker> Marker::parse(std::string_view text) {
    return MarkerParser(text).parse();
}

Result<bool> Marker::evaluate(const MarkerEnvironment& environment) const {
    bool result = false;
    const auto* undefined = evaluate_steps(steps_, result, [&](const Step& step) {
        return compare(step, environment, Order::Undefined);
    });
    if (undefined)
        return fail("packaging/undefined-comparison",
                    "the marker `{}` compares what has no such order",
                    printable(comparison_text(*undefined), 120))
            .hint(
                "use `==`, `!=`, `in` or `not in` for texts; `extras` and `dependency_groups` "
                "exist in lock files only");
    return result;
}

bool Marker::evaluate_leniently(const MarkerEnvironment& environment) const {
    bool result = false;
    evaluate_steps(steps_, result, [&](const Step& step) {
        return Truth(compare(step, environment, Order::Bytes).value_or(false));
    });
    return result;
}

}  // namespace pycontainer::packaging
