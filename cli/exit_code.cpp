#include "truckee/cli/exit_code.hpp"

namespace truckee::cli {

exit_code exit_code_of(errc code) {
  switch (code) {
  case errc::usage:
  case errc::configuration:
    return exit_usage;
  case errc::uncoordinated_write:
    return exit_uncoordinated_write;
  case errc::not_enough_servers:
  case errc::not_enough_shares:
    return exit_not_enough;
  case errc::timeout:
    return exit_timeout;
  case errc::bad_capability:
  case errc::insufficient_capability:
    return exit_capability;
  case errc::corrupt:
  case errc::malformed:
    return exit_corrupt;
  case errc::cancelled:
  case errc::loop_limit:
  case errc::no_space:
  case errc::too_large:
  case errc::read_only:
  case errc::bad_write_enabler:
  case errc::unreachable:
  case errc::protocol:
  case errc::refused:
  case errc::not_found:
  case errc::io:
  case errc::internal:
    return exit_failure;
  }
  return exit_failure;
}

} // namespace truckee::cli
