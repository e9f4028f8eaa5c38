#include "truckee/grid/file/write_operation.hpp"

#include "truckee/grid/publish/in_place.hpp"

#include <algorithm>

namespace truckee::grid {

std::chrono::milliseconds backoff_delay(std::uint32_t tries, const grid_limits& limits,
                                        random_source& random) {
  auto bound = limits.backoff_first.count();
  const auto longest = limits.backoff_longest.count();
  for (std::uint32_t i = 1; i < tries && bound < longest; ++i)
    bound *= 2;
  bound = std::clamp<decltype(bound)>(bound, 1, std::max<decltype(bound)>(longest, 1));
  const auto least = bound / 4;
  const auto spread = static_cast<std::uint64_t>(bound - least) + 1;
  return std::chrono::milliseconds(least + static_cast<decltype(bound)>(random.below(spread)));
}

sequence_number next_sequence(const servermap& map, const std::set<file_version>& earlier,
                              sequence_number floor) {
  auto highest = std::max(map.highest_sequence(), floor);
  for (const auto& version : earlier)
    highest = std::max(highest, version.sequence);
  return {highest.value + 1};
}

spread publish_spread(const std::optional<spread>& wanted, const spread& defaults,
                      const std::optional<file_version>& base) {
  if (wanted)
    return *wanted;
  if (!base)
    return defaults;
  return {base->k, base->n, std::min(defaults.happy, base->n)};
}

error no_signing_key(const servermap& map, const std::function<std::string(const server_id&)>& server_name) {
  std::string detail =
      map.versions().empty() && map.bad_shares().empty()
          ? "no server that answered has a share of this file, so its signing key cannot be had"
          : "no share gave a private key that belongs to this write capability";
  for (const auto& [server, why] : map.servers_failed())
    detail += "; " + server_name(server) + ": " + why;
  return {errc::not_enough_shares, std::move(detail)};
}

write_operation::write_operation(write_wish wish, random_source& random)
  : file_write(std::move(wish), random) {
  if (wish_.kept && wish_.kind == write_kind::overwrite && wish_.own.empty())
    begin_on_kept();
  else
    act_map(true);
}

void write_operation::begin_on_kept() {
  map_ = *wish_.kept;
  act_publish(false);
  action_.kept = *std::exchange(wish_.kept, std::nullopt);
  result_.kept = kept_map_use::used;
}

void write_operation::map_after_all() {
  const auto& report = *result_.report;
  result_.kept = kept_map_use::stale;
  result_.tries = 0;
  raise_floor(report);
  if (!report.readable) { // nobody can have built on what was sent
    before_.reset();
    return act_map(true);
  }
  // What was kept accuses nobody; what the answers showed is as good as a map: who wrote after them is at work now.
  before_ = make_view(report.version, report.map, before_->base, std::move(before_->earlier));
  act_map(false);
}

void write_operation::act_map(bool first) {
  const auto needs = in_place().map(first);
  file_write::act_map(needs.mode,
                      needs.ask_all ||
                          wish_.kind == write_kind::create); // one server may be all that knows of it
}

void write_operation::act_publish(bool rescue) {
  auto earlier = wish_.earlier;
  earlier.insert(result_.sent.begin(), result_.sent.end());
  action_ = {};
  action_.what = write_action::kind::publish;
  action_.sequence = next_sequence(map_, earlier, floor_);
  action_.base = map_.best();
  action_.rescue = rescue;
  result_.rescued = result_.rescued || rescue;
  before_ = make_view({}, map_, action_.base, std::move(earlier));
  ++result_.tries;
}

void write_operation::on_map(file_map map) {
  if (action_.what != write_action::kind::map)
    return;
  map_ = std::move(map.shares);
  if (before_)
    after_remap();
  else
    first_map(std::move(map.no_key));
}

void write_operation::first_map(std::optional<error> no_key) {
  if (settled_before())
    return;
  const auto best = map_.best();
  if (wish_.only_if && wish_.kind != write_kind::create && !condition_) {
    if (!best || !wish_.only_if->met_by(*best))
      return refuse_changed(best);
    condition_ = best;
  }
  if (wish_.kind == write_kind::create)
    return create();
  if (no_key)
    return fail_with(std::move(*no_key));
  if (wish_.kind != write_kind::modify)
    return act_publish(false);
  if (!best)
    return refuse(
        write_end::unrecoverable,
        {errc::not_enough_shares, "no version of the file can be read from the servers that answer"});
  act_read(*best);
}

void write_operation::create() {
  if (auto there = already_there(map_, result_.sent)) {
    result_.failure = std::move(there);
    return finish(write_end::version_changed);
  }
  act_publish(false);
}

bool write_operation::settled_before() {
  const auto best = map_.best();
  if (wish_.kind == write_kind::modify || !best)
    return false;
  const auto present = presence_in(result_.own, *best);
  if (present == presence::absent)
    return false;
  if (present == presence::contained) {
    condition_ = best;
    settle_on_own();
    return done();
  }
  // Somebody wrote above what may have been ours: to write again would undo that.
  refuse(write_end::uncoordinated_write,
         {errc::uncoordinated_write,
          "this operation was asked for before, and somebody else has written since: the file is at " +
              describe(*best)});
  return true;
}

void write_operation::settle_on_own() {
  const auto best = *map_.best();
  // Only a version that is whole is safe: a writer that never saw it may be at work beside it.
  if (map_.share_numbers(best).size() == best.n)
    settle_on(best);
}

bool write_operation::our_last_is_best() const {
  return change_.whole && last_sent_ && map_.best() == last_sent_;
}

void write_operation::after_remap() {
  const auto others = changes_since(*before_, map_);
  add_surprises(others);
  const bool another_writer = conflict_ || !others.empty();
  const auto best = map_.best();
  if (wish_.kind == write_kind::modify) {
    if (!best)
      return rescue();
    if (our_last_is_best()) {
      settle_on_own();
      return done() ? void() : act_publish(false);
    }
    if (wish_.only_if && best != condition_ && !result_.sent.contains(*best))
      return telling_ || another_writer ? tell() : refuse_changed(best);
    return act_read(*best);
  }
  if (another_writer || telling_) {
    telling_ = true;
    // Nobody leaves the grid without a readable version while one of them still has its content.
    return best ? tell() : rescue();
  }
  const bool moved = best && best != condition_ && !result_.sent.contains(*best);
  if (wish_.kind == write_kind::create)
    return create();
  if (wish_.kind == write_kind::conditional && moved)
    return refuse_changed(best);
  act_publish(false);
}

void write_operation::rescue() {
  if (!change_.whole) { // there is nothing to rescue it with; servers that are away have what is needed
    if (rescue_rounds_++ < wish_.limits.rescue_patience)
      return act_wait();
    if (conflict_ || telling_)
      return tell();
    return fail_with(
        {errc::not_enough_shares,
         "a part of the file was written to some servers, and then others were gone: no version can be read "
         "from those that answer. Try again when they are back"});
  }
  const auto all = map_.versions();
  const bool newest = all.empty() || (last_sent_ && *last_sent_ >= *all.rbegin());
  if (newest || rescue_rounds_++ >= wish_.limits.rescue_patience)
    return act_publish(true);
  act_wait();
}

void write_operation::on_contained() {
  settle_on_own();
  if (!done())
    act_publish(false);
}

std::chrono::milliseconds write_operation::pause() {
  return backoff_delay(result_.tries, wish_.limits, *random_);
}

void write_operation::give_up(error why) {
  if (telling_)
    return tell();
  fail_with(std::move(why));
}

void write_operation::on_published(publish_report report) {
  if (action_.what != write_action::kind::publish)
    return;
  before_->ours = report.version;
  const auto end = report.end;
  const bool settled =
      end == publish_end::published || end == publish_end::cancelled || end == publish_end::timeout;
  const bool stale = action_.kept && !settled;
  remember(std::move(report));
  if (stale)
    return map_after_all();
  add_surprises(result_.report->surprises);
  if (end == publish_end::published) {
    map_ = result_.report->map;
    return telling_ ? tell() : finish(write_end::written);
  }
  if (end == publish_end::uncoordinated_write || end == publish_end::map_outdated)
    return again(*result_.report);
  if (!change_.whole && !settled)
    return after_part(*result_.report);
  give_up(result_.report->failure(wish_.server_name).value_or(error{}));
}

void write_operation::raise_floor(const publish_report& report) {
  for (const auto* list : {&report.surprises, &report.hidden})
    for (const auto& one : *list)
      if (const auto* found = std::get_if<file_version>(&one.found))
        if (found->sequence.value <=
            report.version.sequence.value + wish_.limits.unverified_sequence_jump_max)
          floor_ = std::max(floor_, found->sequence);
}

void write_operation::again(const publish_report& report) {
  conflict_ = report.end == publish_end::uncoordinated_write;
  raise_floor(report);
  if (result_.tries >= tries_max()) {
    if (conflict_ || telling_)
      return tell();
    return fail_with(
        {errc::loop_limit, "servers kept coming and going with versions that the maps could not see"});
  }
  if (!conflict_)
    return act_map(false);
  act_wait();
}

void write_operation::after_part(const publish_report& report) {
  conflict_ = false;
  raise_floor(report);
  act_map(false);
}

void write_operation::tell() {
  result_.recoverable_now = map_.recoverable_versions();
  std::string text = "somebody else wrote to this file at the same time";
  if (result_.report)
    if (const auto why = result_.report->failure(wish_.server_name);
        why && why->code == errc::uncoordinated_write)
      text = why->detail;
  text += result_.recoverable_now.empty() ? ". Nothing is recoverable now" : ". Recoverable now:";
  for (const auto& version : result_.recoverable_now)
    text += " (" + describe(version) + (result_.sent.contains(version) ? ", ours)" : ")");
  refuse(write_end::uncoordinated_write, {errc::uncoordinated_write, std::move(text)});
}

} // namespace truckee::grid
