#pragma once

#include "truckee/grid/strict/slot_map.hpp"

#include <optional>

namespace truckee::grid {

/// What a confirmed read does after a map (docs/strict.md, Reads).
struct confirmation_step {
  enum class kind : std::uint8_t {
    read,       ///< the confirmed version, `version`
    look_again, ///< after a pause: a writer at work is soon done
    renew,      ///< publish the content that is there as a new version, then map again
    give_up,    ///< it cannot be told which version is confirmed
  } what = kind::give_up;
  file_version version; ///< with read
};

/// One confirmed read, map after map. Who can write does not wait for a writer that may be dead: what it publishes is
/// confirmed, and has all that was.
class confirmation {
public:
  explicit confirmation(bool may_write) : may_write_(may_write) {}

  static constexpr std::uint32_t looks_max = 3; ///< before the content is published again, or it is given up
  static constexpr std::uint32_t renewals_max = 3; ///< each of them lost to others who published

  confirmation_step on_map(const slot_map& slots);

private:
  bool may_write_;
  std::uint32_t looks_ = 0;
  std::uint32_t renewals_ = 0;
};

} // namespace truckee::grid
