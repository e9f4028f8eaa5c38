#include "truckee/grid/publish/publish_order.hpp"

#include "truckee/grid/publish/in_place.hpp"

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
  if (word == to_string(order_name::in_place))
    return order_name::in_place;
  if (word == "strict")
    return fail(errc::configuration, "the strict order does not exist yet; expected \"in-place\"");
  return fail(errc::configuration, "expected \"in-place\", the only order there is");
}

std::unique_ptr<publish_order> make_order(order_name name) {
  switch (name) {
  case order_name::in_place:
  case order_name::strict: // is made of what it knows of the slots: strict/strict_order.hpp
    break;
  }
  return std::make_unique<in_place>();
}

} // namespace truckee::grid
