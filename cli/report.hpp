#pragma once

#include "messages/catalog.hpp"

#include <string_view>

/// Replies as a person reads them.
namespace truckee::cli {

/// What a publish did, on standard error: standard output may carry a capability.
void summarize(const messages::publish_reply& x, double took);
/// Which shares are where, on standard output.
void show(const messages::check_reply& x);

inline std::string_view to_text(messages::repair_action action) {
  switch (action) {
  case messages::repair_action::nothing:
    return "nothing";
  case messages::repair_action::refilled:
    return "refilled";
  case messages::repair_action::republished:
    return "republished";
  }
  return "?";
}

} // namespace truckee::cli
