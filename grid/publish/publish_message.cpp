#include "truckee/grid/publish/publish_message.hpp"

namespace truckee::grid {

share_content whole_share(shared_bytes share) {
  const auto length = share.size();
  return {{{0, std::move(share)}}, length};
}

std::string_view to_string(write_outcome_kind kind) {
  switch (kind) {
  case write_outcome_kind::written:
    return "written";
  case write_outcome_kind::test_failed:
    return "test failed";
  case write_outcome_kind::no_space:
    return "no space";
  case write_outcome_kind::read_only:
    return "read-only";
  case write_outcome_kind::refused:
    return "refused";
  case write_outcome_kind::bad_write_enabler:
    return "bad write enabler";
  case write_outcome_kind::unreachable:
    return "unreachable";
  case write_outcome_kind::unknown:
    return "unknown";
  case write_outcome_kind::malformed:
    return "malformed answer";
  }
  return "unknown outcome";
}

} // namespace truckee::grid
