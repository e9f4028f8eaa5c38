#include "truckee/grid/slot.hpp"

namespace truckee::grid {

std::string_view to_string(storage_status status) {
  switch (status) {
  case storage_status::ok:
    return "ok";
  case storage_status::test_failed:
    return "test failed";
  case storage_status::bad_write_enabler:
    return "bad write enabler";
  case storage_status::no_space:
    return "no space";
  case storage_status::too_large:
    return "too large";
  case storage_status::read_only:
    return "read-only";
  case storage_status::refused:
    return "refused";
  case storage_status::malformed:
    return "malformed";
  case storage_status::corrupt:
    return "corrupt";
  case storage_status::io_error:
    return "input/output error";
  case storage_status::not_found:
    return "not found";
  }
  return "unknown status";
}

} // namespace truckee::grid
