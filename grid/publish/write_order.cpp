#include "truckee/grid/publish/write_order.hpp"

namespace truckee::grid {

namespace {

class in_place final : public write_order {
public:
  std::string_view name() const override { return "in-place"; }

  std::set<share_place> first_goal(const servermap& map, std::uint8_t n) const override {
    std::set<share_place> out;
    for (const auto& [place, version] : map.shares())
      if (place.share.value < n)
        out.insert(place);
    for (const auto& [place, bad] : map.bad_shares())
      if (place.share.value < n)
        out.insert(place);
    return out;
  }

  std::vector<planned_share> message(const server_id& server, const std::vector<share_number>& shares,
                                     const belief_lookup& at) const override {
    std::vector<planned_share> out;
    out.reserve(shares.size());
    for (const auto share : shares)
      out.push_back({share, share_step::write, at({server, share})});
    return out;
  }

  std::set<share_place> retire(const servermap& now, const file_version& published) const override {
    std::set<share_place> out;
    for (const auto& [place, version] : now.shares())
      if (place.share.value >= published.n)
        out.insert(place);
    for (const auto& [place, bad] : now.bad_shares())
      if (place.share.value >= published.n)
        out.insert(place);
    return out;
  }
};

} // namespace

std::shared_ptr<const write_order> in_place_order() {
  return std::make_shared<in_place>();
}

} // namespace truckee::grid
