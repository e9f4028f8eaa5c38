#pragma once

#include "truckee/base/result.hpp"

namespace truckee::cli {

/// What the program tells its caller; scripts rely on these.
enum exit_code : int {
  exit_ok = 0,
  exit_failure = 1,
  exit_usage = 2, ///< arguments or configuration
  exit_uncoordinated_write = 3,
  exit_not_enough = 4, ///< servers or shares
  exit_timeout = 5,
  exit_capability = 6, ///< bad or insufficient
  exit_corrupt = 7,
};

exit_code exit_code_of(errc code);

} // namespace truckee::cli
