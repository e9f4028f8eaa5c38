#include "truckee/grid/publish/order_name.hpp"

namespace truckee::grid {

std::string_view to_string(order_name order) {
  switch (order) {
  case order_name::in_place:
    return "in-place";
  case order_name::strict:
    return "strict";
  }
  return "unknown order";
}

result<order_name> parse_order(std::string_view word) {
  for (const auto order : {order_name::in_place, order_name::strict})
    if (word == to_string(order))
      return order;
  return fail(errc::configuration, "expected \"in-place\" or \"strict\"");
}

} // namespace truckee::grid
