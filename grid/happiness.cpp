#include "truckee/grid/happiness.hpp"

#include <array>
#include <bitset>
#include <vector>

namespace truckee::grid {

namespace {

constexpr std::size_t share_numbers = 256;

/// Augmenting paths (Kuhn): one search per server, each over at most 256 share numbers.
class matching {
public:
  explicit matching(const std::set<share_place>& places) {
    shares_.reserve(places.size());
    const server_id* last = nullptr;
    for (const auto& place : places) { // sorted by server
      if (!last || *last != place.server)
        begins_.push_back(shares_.size());
      last = &place.server;
      shares_.push_back(place.share);
    }
    begins_.push_back(shares_.size());
    holder_.fill(none);
  }

  std::size_t size() {
    std::size_t matched = 0;
    for (std::size_t server = 0; server + 1 < begins_.size(); ++server) {
      visited_.reset();
      if (augment(server))
        ++matched;
    }
    return matched;
  }

private:
  static constexpr std::size_t none = static_cast<std::size_t>(-1);

  bool augment(std::size_t server) {
    for (auto at = begins_[server]; at < begins_[server + 1]; ++at) {
      const auto share = shares_[at];
      if (visited_.test(share.value))
        continue;
      visited_.set(share.value);
      auto& holder = holder_.at(share.value);
      if (holder == none || augment(holder)) {
        holder = server;
        return true;
      }
    }
    return false;
  }

  std::vector<share_number> shares_; ///< one server's after another's
  std::vector<std::size_t> begins_;  ///< where each server's begin; the last: where all end
  std::array<std::size_t, share_numbers> holder_{};
  std::bitset<share_numbers> visited_;
};

} // namespace

std::size_t happiness(const std::set<share_place>& places) {
  return matching(places).size();
}

} // namespace truckee::grid
