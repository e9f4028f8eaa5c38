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
    const server_id* last = nullptr;
    for (const auto& place : places) { // sorted by server
      if (!last || *last != place.server)
        shares_of_.emplace_back();
      last = &place.server;
      shares_of_.back().push_back(place.share);
    }
    holder_.fill(none);
  }

  std::size_t size() {
    std::size_t matched = 0;
    for (std::size_t server = 0; server < shares_of_.size(); ++server) {
      visited_.reset();
      if (augment(server))
        ++matched;
    }
    return matched;
  }

private:
  static constexpr std::size_t none = static_cast<std::size_t>(-1);

  bool augment(std::size_t server) {
    for (const auto share : shares_of_[server]) {
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

  std::vector<std::vector<share_number>> shares_of_;
  std::array<std::size_t, share_numbers> holder_{};
  std::bitset<share_numbers> visited_;
};

} // namespace

std::size_t happiness(const std::set<share_place>& places) {
  return matching(places).size();
}

} // namespace truckee::grid
