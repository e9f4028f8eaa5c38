#include "truckee/base/result.hpp"

namespace truckee {

std::string_view to_string(errc code) {
  switch (code) {
  case errc::usage:
    return "usage";
  case errc::configuration:
    return "configuration";
  case errc::bad_capability:
    return "bad capability";
  case errc::insufficient_capability:
    return "insufficient capability";
  case errc::uncoordinated_write:
    return "uncoordinated write";
  case errc::not_enough_servers:
    return "not enough servers";
  case errc::not_enough_shares:
    return "not enough shares";
  case errc::timeout:
    return "timeout";
  case errc::cancelled:
    return "cancelled";
  case errc::loop_limit:
    return "loop limit";
  case errc::corrupt:
    return "corrupt data";
  case errc::malformed:
    return "malformed data";
  case errc::no_space:
    return "no space";
  case errc::too_large:
    return "too large";
  case errc::read_only:
    return "read-only";
  case errc::bad_write_enabler:
    return "bad write enabler";
  case errc::unreachable:
    return "unreachable";
  case errc::protocol:
    return "protocol error";
  case errc::refused:
    return "refused";
  case errc::not_found:
    return "not found";
  case errc::io:
    return "input/output error";
  case errc::internal:
    return "internal error";
  }
  return "unknown error";
}

std::string to_string(const error& e) {
  std::string out{to_string(e.code)};
  if (!e.detail.empty()) {
    out += ": ";
    out += e.detail;
  }
  return out;
}

} // namespace truckee
