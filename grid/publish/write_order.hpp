#pragma once

#include "truckee/grid/servermap.hpp"

#include <functional>
#include <memory>
#include <set>
#include <vector>

/// The order in which a file's shares are replaced: a strategy behind the publish loop.
namespace truckee::grid {

enum class share_step : std::uint8_t {
  write,     ///< the whole new share at offset 0
  remove,    ///< new length 0
  test_only, ///< nothing changes; the test guards the message
};

/// One share of a message, with what must be there for the message to take effect.
struct planned_share {
  share_number share;
  share_step step = share_step::write;
  belief expect;
};

/// What is believed to be at a place now: the map, corrected by every answer since.
using belief_lookup = std::function<belief(const share_place&)>;

class write_order {
public:
  virtual ~write_order() = default;
  virtual std::string_view name() const = 0;

  /// The places to write before homeless shares are placed.
  virtual std::set<share_place> first_goal(const servermap& map, std::uint8_t n) const = 0;

  /// The message that brings `shares` to `server`. It may test and remove other shares of the slot as well.
  virtual std::vector<planned_share> message(const server_id& server, const std::vector<share_number>& shares,
                                             const belief_lookup& at) const = 0;

  /// Places to delete once the new version is safe.
  virtual std::set<share_place> retire(const servermap& now, const file_version& published) const = 0;
};

/// Known shares are overwritten where they are, whatever their version; bad ones too. Shares whose number the
/// new encoding does not have are deleted at the end. The rest: grid/README.md.
std::shared_ptr<const write_order> in_place_order();

} // namespace truckee::grid
