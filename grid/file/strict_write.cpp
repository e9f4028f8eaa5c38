#include "truckee/grid/file/strict_write.hpp"

#include "truckee/grid/strict/rules.hpp"
#include "truckee/grid/strict/standing.hpp"

#include <algorithm>
#include <cmath>

namespace truckee::grid {

namespace {

/// Rounds that were lost although nobody else is at work: servers come and go. One more look tells what became of it.
constexpr std::uint32_t quiet_rounds_max = 2;

/// Maps that show shares and no version that can be read: so often one looks again before it says so.
constexpr std::uint32_t torn_maps_max = 2;

constexpr std::uint32_t backoff_grows = 6;

/// It is over, well or by a stop: nothing is to be looked at again.
bool settled(publish_end end) {
  return end == publish_end::published || end == publish_end::timeout || end == publish_end::cancelled ||
         end == publish_end::loop_limit;
}

} // namespace

std::chrono::milliseconds strict_backoff(std::uint32_t tries, std::chrono::milliseconds map_took,
                                         const grid_limits& limits, random_source& random) {
  constexpr double least_part = 0.2;
  const auto power = std::min(tries > 0 ? tries - 1 : 0, backoff_grows);
  const auto unit = std::min(2.0 * double(std::max<std::int64_t>(map_took.count(), 1)) * std::pow(1.6, power),
                             double(limits.backoff_longest.count()) / (1.0 + least_part));
  const auto drawn = least_part + double(random.below(1001)) / 1000.0;
  return std::chrono::milliseconds(std::max<std::int64_t>(1, std::llround(unit * drawn)));
}

namespace {

writer_note note_of(const strict_setting& setting, sequence_number number) {
  return {hash_of(setting), 0, setting.rounds() == 2 ? number : sequence_number{}};
}

} // namespace

strict_base strict_base_of_new(const strict_setting& setting, const std::vector<server_id>& reachable) {
  strict_base out{slot_map(setting), note_of(setting, {1})};
  for (const auto& server : reachable)
    out.known.know(server, {});
  return out;
}

std::optional<error> foreign_setting(const slot_map& slots,
                                     const std::function<std::string(const server_id&)>& server_name) {
  const auto& setting = slots.setting();
  const auto own = hash_of(setting);
  for (const auto& [server, slot] : slots.slots())
    for (const auto& [number, share] : slot) {
      const auto* sealed = std::get_if<sealed_share>(&share);
      if (!sealed)
        continue;
      const auto where = "server " + server_name(server) + " has " + describe(sealed->version);
      if (sealed->version.k != setting.k() || sealed->version.n != setting.n())
        return error{errc::configuration, where + ", which is " + std::to_string(sealed->version.k) + " of " +
                                              std::to_string(sealed->version.n) +
                                              ", and this grid file keeps files " +
                                              std::to_string(setting.k()) + " of " +
                                              std::to_string(setting.n()) + " strictly; nothing was written"};
      if (sealed->note && sealed->note->setting != own && sealed->note->setting != setting.neighbour())
        return error{
            errc::configuration,
            where + ", written under another setting of the strict order (setting " +
                to_hex(sealed->note->setting.view()) + ", epoch " + std::to_string(sealed->note->epoch) +
                "; here " + to_hex(own.view()) +
                "): servers, needed, total, liars and rounds must be the same for all who write to "
                "a file, but for the one neighbour that the grid file may name; nothing was written"};
    }
  return std::nullopt;
}

strict_write::strict_write(write_wish wish, strict_setting setting, random_source& random)
  : file_write(std::move(wish), random), setting_(std::move(setting)), slots_(setting_) {
  result_.strict = strict_tally::of(setting_);
  const bool fits = wish_.kept_slots && wish_.own.empty() && strict::may_begin_on(*wish_.kept_slots);
  if (fits && (wish_.kind == write_kind::overwrite || wish_.kind == write_kind::modify))
    begin_on_kept();
  else
    map_again();
}

void strict_write::begin_on_kept() {
  on_kept_ = true;
  result_.kept = kept_map_use::used;
  slots_ = *std::exchange(wish_.kept_slots, std::nullopt);
  base_ = strict::base(slots_);
  map_ = servermap(map_mode::write);
  for (const auto& [server, slot] : slots_.slots()) {
    map_.set_answered(server);
    for (const auto& [number, share] : slot)
      if (const auto* version = version_of(share))
        map_.add_share({server, number}, *version);
  }
  result_.strict->mapped(slots_);
  if (wish_.kind == write_kind::overwrite)
    return publish();
  action_ = {};
  action_.what = write_action::kind::apply;
}

void strict_write::map_again() {
  act_map(map_mode::write, true); // R1: all of U
}

void strict_write::on_contained() {
  if (base_on_enough())
    return settle();
  change_.before = {};
  publish();
}

std::chrono::milliseconds strict_write::pause() {
  return strict_backoff(result_.tries, map_took_, wish_.limits, *random_);
}

void strict_write::on_map(file_map map) {
  if (action_.what != write_action::kind::map)
    return;
  map_ = std::move(map.shares);
  on_kept_ = false;
  slots_ = map.slots ? std::move(*map.slots) : slot_map(setting_);
  no_key_ = std::move(map.no_key);
  map_took_ = map.took;
  base_ = strict::base(slots_);
  result_.strict->mapped(slots_);
  decide();
}

void strict_write::decide() {
  if (!strict::enough_answered(slots_)) {
    const bool stale = result_.report && result_.report->end == publish_end::kept_map_stale;
    if (result_.report && !stale)
      return tell_last();
    return fail_with({errc::not_enough_servers,
                      std::to_string(setting_.counted(slots_.slots())) + " of " +
                          std::to_string(setting_.places()) + " servers answered, " +
                          std::to_string(setting_.confirming()) +
                          (stale ? " needed; this update is not acknowledged" : " needed; nothing written")});
  }
  if (auto foreign = foreign_setting(slots_, wish_.server_name)) {
    result_.strict->other_setting = true;
    return fail_with(std::move(*foreign));
  }
  if (const auto bare = written_in_place(slots_))
    result_.in_place_writer = describe(*bare);
  if (wish_.kind == write_kind::renew && strict::confirmed(slots_))
    return finish(write_end::unchanged);
  const auto present = base_ ? presence_in(result_.own, *base_) : presence::absent;
  if (present == presence::contained && base_on_enough())
    return settle();
  if (!condition_holds())
    return;
  if (wish_.kind == write_kind::create)
    return publish();
  if (no_key_)
    return fail_with(std::move(*no_key_));
  // Who publishes quickly retires between one server's answer and the next, so that a map may show no version whole.
  if (!base_ && !map_.versions().empty() && torn_maps_++ < torn_maps_max)
    return act_wait();
  if (!base_)
    return refuse(write_end::unrecoverable,
                  {errc::not_enough_shares,
                   "no version of the file can be read from the servers that answer; nothing was written"});
  if (wish_.kind != write_kind::overwrite && wish_.kind != write_kind::conditional)
    return base_ == last_sent_ ? publish() : act_read(*base_);
  if (!present && result_.kept == kept_map_use::stale && result_.tries == 0)
    return fail_with(
        {errc::timeout, // the others may have written long ago, and then nothing is built on this
         "others have published since this client's last write, and not every server answered: this "
         "update may or may not take effect; the file is at " +
             describe(*base_)});
  if (!present)
    return refuse(write_end::uncoordinated_write,
                  {errc::uncoordinated_write, "others published, perhaps on top of this update, which is not "
                                              "acknowledged: the file is at " +
                                                  describe(*base_)});
  publish();
}

bool strict_write::base_on_enough() const {
  return setting_.confirmed_by(slots_.showing(*base_));
}

bool strict_write::condition_holds() {
  if (wish_.kind == write_kind::create) {
    auto there = already_there(map_, result_.sent);
    if (there)
      refuse(write_end::version_changed, std::move(*there));
    return !there;
  }
  if (!wish_.only_if)
    return true;
  if (!condition_ && base_ && wish_.only_if->met_by(*base_))
    condition_ = base_;
  if (base_ && (base_ == condition_ || result_.sent.contains(*base_)))
    return true;
  refuse_changed(base_);
  return false;
}

void strict_write::settle() {
  result_.strict->found(slots_, *base_);
  settle_on(*base_);
}

void strict_write::publish() {
  auto number = strict::next_number(slots_);
  if (!number)
    return fail_with({errc::refused,
                      "the file's version has the last sequence number there is, so nothing can "
                      "be written above it; put the content into a new file"});
  for (const auto* sent : {&wish_.earlier, &result_.sent})
    for (const auto& version : *sent)
      number = std::max(*number, sequence_number{version.sequence.value + 1});
  action_ = {};
  action_.what = write_action::kind::publish;
  action_.sequence = *number;
  action_.base = base_;
  if (on_kept_)
    action_.kept = map_;
  action_.strict = {slots_, note_of(setting_, *number), wish_.own_seals};
  action_.strict->clear_damaged = wish_.kind == write_kind::repair;
  action_.strict->own_seals.insert(result_.seals.begin(), result_.seals.end());
  ++result_.tries;
}

void strict_write::on_published(publish_report report) {
  if (action_.what != write_action::kind::publish)
    return;
  const bool on_kept = action_.kept.has_value();
  const bool confirmed_base = base_ && base_on_enough();
  remember(std::move(report));
  result_.own.back().base_stays = confirmed_base;
  if (on_kept && !settled(result_.report->end)) {
    result_.kept = kept_map_use::stale;
    result_.tries = 0;
    return map_again();
  }
  add_surprises(result_.report->surprises);
  switch (result_.report->end) {
  case publish_end::published:
    return finish(write_end::written);
  case publish_end::uncoordinated_write:
  case publish_end::not_enough_servers:
  case publish_end::not_confirmed:
  case publish_end::unconfirmed_unknown:
    return lost_round(*result_.report);
  case publish_end::running:
  case publish_end::map_outdated:
  case publish_end::kept_map_stale:
  case publish_end::timeout:
  case publish_end::cancelled:
  case publish_end::loop_limit:
    fail_with(result_.report->failure(wish_.server_name).value_or(error{}));
  }
}

void strict_write::lost_round(const publish_report& report) {
  quiet_rounds_ += report.end == publish_end::uncoordinated_write ? 0 : 1;
  if (result_.tries >= tries_max() || quiet_rounds_ > quiet_rounds_max)
    return tell_last();
  act_wait();
}

void strict_write::tell_last() {
  result_.recoverable_now = map_.recoverable_versions();
  auto why = result_.report->failure(wish_.server_name).value_or(error{});
  const auto end = result_.report->end;
  const bool others = end == publish_end::uncoordinated_write;
  const bool looked = !others && wish_.kind != write_kind::repair && strict::enough_answered(slots_);
  if (const auto in_the_way = looked ? hindrance(slots_, wish_.server_name) : std::nullopt)
    why.detail = end == publish_end::not_enough_servers ? *in_the_way + "; nothing was written"
                                                        : why.detail + "; " + *in_the_way;
  refuse(others ? write_end::uncoordinated_write : write_end::failed, std::move(why));
}

} // namespace truckee::grid
