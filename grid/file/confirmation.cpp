#include "truckee/grid/file/confirmation.hpp"

#include "truckee/grid/strict/rules.hpp"

namespace truckee::grid {

confirmation_step confirmation::on_map(const slot_map& slots) {
  using kind = confirmation_step::kind;
  if (const auto version = strict::confirmed(slots))
    return {kind::read, *version};
  if (++looks_ < looks_max)
    return {kind::look_again, {}};
  if (!may_write_ || renewals_ == renewals_max || !strict::enough_answered(slots))
    return {kind::give_up, {}};
  ++renewals_;
  looks_ = 0;
  return {kind::renew, {}};
}

} // namespace truckee::grid
