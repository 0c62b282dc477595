#pragma once

#include "schema/validator.hpp"

namespace pycontainer::config {

/// The code of a diagnostic for what the schema found.
inline const char* problem_code(schema::Fault fault) {
    switch (fault) {
        case schema::Fault::UnknownKey: return "config/unknown-key";
        case schema::Fault::DuplicateKey: return "config/duplicate-key";
        case schema::Fault::DeprecatedKey: return "config/deprecated-key";
        case schema::Fault::WrongType: return "config/wrong-type";
        case schema::Fault::MissingKey:
        case schema::Fault::InvalidValue: break;
    }
    return "config/invalid-value";
}

}  // namespace pycontainer::config
