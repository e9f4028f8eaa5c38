#include "truckee/grid/file/file_write.hpp"

namespace truckee::grid {

std::string_view to_string(write_end end) {
  switch (end) {
  case write_end::running:
    return "running";
  case write_end::written:
    return "written";
  case write_end::unchanged:
    return "unchanged";
  case write_end::already_applied:
    return "already applied";
  case write_end::uncoordinated_write:
    return "uncoordinated write";
  case write_end::version_changed:
    return "version changed";
  case write_end::unrecoverable:
    return "unrecoverable";
  case write_end::failed:
    return "failed";
  }
  return "unknown end";
}

std::optional<error> already_there(const servermap& map, const std::set<file_version>& own) {
  constexpr const char* so = "; nothing was written. A capability of its key writes the next version";
  const auto best = map.best();
  if (best && !own.contains(*best))
    return error{errc::uncoordinated_write,
                 "a file with this private key exists already, and is at " + describe(*best) + so};
  for (const auto& version : map.versions())
    if (!own.contains(version))
      return error{errc::uncoordinated_write,
                   "a file with this private key exists already: there are shares of " + describe(version) +
                       ", too few to read it" + so};
  if (!map.bad_shares().empty() && own.empty())
    return error{errc::uncoordinated_write,
                 "a file with this private key exists already: there are damaged shares" + std::string(so)};
  return std::nullopt;
}

file_write::file_write(write_wish wish, random_source& random) : wish_(std::move(wish)), random_(&random) {
  result_.own = wish_.own;
  for (const auto& one : wish_.own)
    result_.sent.insert(one.version);
}

// -- what it does --

void file_write::act_map(map_mode mode, bool ask_all) {
  action_ = {};
  action_.what = write_action::kind::map;
  action_.mode = mode;
  action_.ask_all = ask_all;
}

void file_write::act_read(const file_version& version) {
  action_ = {};
  action_.what = write_action::kind::read;
  action_.version = version;
}

void file_write::act_wait() {
  action_ = {};
  action_.what = write_action::kind::wait;
  action_.delay = pause();
}

// -- what came of it --

void file_write::on_read(bool ok, std::string detail) {
  if (action_.what != write_action::kind::read)
    return;
  if (ok) {
    action_ = {};
    action_.what = write_action::kind::apply;
    return;
  }
  // Shares moved while they were read: somebody else is writing, or servers left. Look again, at all of them.
  if (++result_.tries >= tries_max())
    return refuse(write_end::unrecoverable, {errc::not_enough_shares, std::move(detail)});
  act_wait();
}

void file_write::on_applied(applied_change change) {
  if (action_.what != write_action::kind::apply)
    return;
  using kind = applied_change::kind;
  switch (change.what) {
  case kind::unchanged:
    return finish(write_end::unchanged);
  case kind::unclear:
    return refuse(write_end::uncoordinated_write,
                  {errc::uncoordinated_write,
                   "somebody else changed the file meanwhile, and not only by adding to it: it does not show "
                   "whether what was to be written is in it"});
  case kind::contained:
    change_.after = change.after;
    change_.whole = true;
    change_.added_at.reset();
    return on_contained();
  case kind::changed:
    change_ = std::move(change);
    return publish();
  }
}

void file_write::on_waited() {
  if (action_.what == write_action::kind::wait)
    map_again();
}

void file_write::remember(publish_report report) {
  last_sent_ = report.version;
  result_.sent.insert(report.version);
  result_.own.push_back(
      {report.version, report.readable, change_.before, change_.after, false, change_.added_at});
  if (report.strict && result_.strict)
    result_.strict->ended(*report.strict);
  if (report.strict)
    result_.seals.insert(report.strict->seals.begin(), report.strict->seals.end());
  result_.report = std::move(report);
}

void file_write::add_surprises(const std::vector<uncoordinated_share>& met) {
  result_.surprises.insert(result_.surprises.end(), met.begin(), met.end());
}

// -- the end --

void file_write::stop(error why) {
  if (!done())
    give_up(std::move(why));
}

void file_write::settle_on(const file_version& version) {
  result_.found = version;
  const auto places = map_.places(version);
  result_.found_at = {places.begin(), places.end()};
  finish(write_end::already_applied);
}

void file_write::refuse(write_end end, error why) {
  result_.failure = std::move(why);
  finish(end);
}

void file_write::refuse_changed(const std::optional<file_version>& now) {
  const auto at =
      now ? "the file is at " + describe(*now) : std::string("no version of the file can be read");
  refuse(write_end::version_changed,
         {errc::uncoordinated_write, at + ", not at " + describe(*wish_.only_if) +
                                         "; read it again and decide anew" +
                                         (result_.sent.empty() ? ". Nothing was written" : "")});
}

void file_write::finish(write_end end) {
  const bool well =
      end == write_end::written || end == write_end::unchanged || end == write_end::already_applied;
  result_.what = well ? effect::applied : effect_of_failure(result_.own);
  result_.end = end;
  action_ = {};
}

} // namespace truckee::grid
