#include "model/publish_run.hpp"

#include "model/as_key.hpp"
#include "model/scope.hpp"

#include <algorithm>

namespace truckee::model {

namespace {

bytes signature_there(const grid::slot_map& known, const grid::file_version& version) {
  for (const auto& [server, slot] : known.slots())
    for (const auto& [number, share] : slot)
      if (const auto* sealed = std::get_if<grid::sealed_share>(&share); sealed && sealed->version == version)
        return signature_of(*sealed);
  return {};
}

} // namespace

publish_run::publish_run(servers& grid, const grid::slot_map& known, const grid::file_version& version,
                         maker by, bool fills_in)
  : grid_(grid), version_(version), by_(by) {
  const sequence_number reserved =
      known.setting().rounds() == 2 ? version.sequence : sequence_number{}; // R11
  signature_ = fills_in ? signature_there(known, version) : make_signature(by, 0, reserved);
  grid::strict_task task{
      known, seal_of_signature(signature_), seal_at,
      [this, reserved](const grid::file_version&) { return make_signature(by_, ++signatures_, reserved); }};
  task.fill_in = fills_in;
  auto order = std::make_unique<grid::strict_order>(std::move(task));
  order_ = order.get();
  grid::publish_request request;
  request.version = version;
  request.servers = known.setting().all_servers();
  auto loop = grid::publish_loop::start(std::move(request), std::move(order));
  if (!loop) {
    refused_ = to_string(loop.error());
    return;
  }
  loop_.emplace(std::move(*loop));
  pump();
}

void publish_run::answer(std::uint8_t place, const grid::write_outcome& outcome) {
  const auto id = under_way_.at(place).first;
  under_way_.erase(place);
  loop_->on_write(id, outcome);
  pump();
}

void publish_run::pump() {
  const auto actions = loop_->step();
  for (const auto& message : actions.writes) {
    const auto place = site_of(message.server);
    under_way_[place] = {message.id, grid_.take(place, message, version_, signature_)};
  }
}

std::map<std::uint8_t, std::uint32_t> publish_run::under_way() const {
  std::map<std::uint8_t, std::uint32_t> out;
  for (const auto& [place, message] : under_way_)
    out[place] = message.second;
  return out;
}

std::string publish_run::key() const {
  return key_of(version_, signatures_, order_->memory(), under_way());
}

} // namespace truckee::model
