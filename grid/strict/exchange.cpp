#include "truckee/grid/strict/exchange.hpp"

#include "truckee/crypto/keys.hpp"
#include "truckee/grid/publish/placement.hpp"
#include "truckee/grid/strict/writer_note.hpp"

#include <algorithm>

namespace truckee::grid {

namespace {

/// The way that always holds.
// Who has another setting refuses what the old one left (R11), whoever has stopped.
constexpr std::string_view only_new_files =
    ". Files that exist stay with the old grid file; make new ones with the new "
    "one: get each with the old grid file, put it with the new one";

tl::unexpected<error> not_proved(const std::string& what) {
  return tl::unexpected(error{errc::refused, what + std::string(only_new_files)});
}

byte_view seed_of(const strict_member& x) {
  return x.seed ? byte_view{*x.seed} : x.id->view();
}

/// Where it stands in any file's order is the same.
bool same_place(const strict_member& a, const strict_member& b) {
  return a.preferred == b.preferred && std::ranges::equal(seed_of(a), seed_of(b));
}

/// The servers with the one that decides, or with the other one; all where nothing is exchanged.
strict_grid one_set(const strict_grid& of, bool deciding) {
  auto out = of;
  out.exchange.reset();
  if (of.exchange) {
    const auto& without = of.exchange->new_decides == deciding ? of.exchange->leaving : of.exchange->coming;
    std::erase_if(out.members, [&](const strict_member& member) { return member.name == without; });
  }
  return out;
}

result<void> knows_all(const strict_grid& x, const char* which) {
  if (x.order != order_name::strict)
    return not_proved(
        std::string("the ") + which +
        "grid file writes in place, and one writer in place breaks what strict writers were promised");
  for (const auto& member : x.members)
    if (!member.id)
      return fail(errc::configuration, std::string("the ") + which +
                                           "grid file does not say which id server \"" + member.name +
                                           "\" has, so that it cannot be compared; add [[server]] id");
  if (auto can = can_be_strict(x.k, x.n, servers_of_a_set(x), x.terms); !can)
    return fail(errc::configuration, std::string("the ") + which + "grid file: " + can.error().detail);
  return {};
}

struct difference {
  std::vector<strict_member> gone;
  std::vector<strict_member> come;
};

/// Servers are the same by id and place; names and the order in the file mean nothing.
difference between(const strict_grid& old, const strict_grid& next) {
  const auto lacks = [](const strict_grid& in, const strict_member& x) {
    return std::ranges::none_of(in.members,
                                [&](const strict_member& y) { return y.id == x.id && same_place(x, y); });
  };
  difference out;
  std::ranges::copy_if(old.members, std::back_inserter(out.gone),
                       [&](const auto& x) { return lacks(next, x); });
  std::ranges::copy_if(next.members, std::back_inserter(out.come),
                       [&](const auto& x) { return lacks(old, x); });
  return out;
}

int liars_more(const strict_grid& old, const strict_grid& next) {
  return int{next.terms.liars} - int{old.terms.liars};
}

result<void> same_shape(const strict_grid& old, const strict_grid& next) {
  if (auto fine = knows_all(old, "old "); !fine)
    return fine;
  if (auto fine = knows_all(next, "new "); !fine)
    return fine;
  for (const auto* each : {&old, &next})
    if (auto fine = each->exchange ? check_exchange(*each) : result<void>{}; !fine)
      return fine;
  const auto spread = [](const strict_grid& x) { return std::to_string(x.k) + " of " + std::to_string(x.n); };
  if (old.k != next.k || old.n != next.n)
    return not_proved("files are " + spread(old) + " by the old grid file and " + spread(next) +
                      " by the new one");
  if (old.terms.rounds != next.terms.rounds)
    return not_proved("rounds is " + std::to_string(old.terms.rounds) + " in the old grid file and " +
                      std::to_string(next.terms.rounds) + " in the new one");
  return {};
}

/// One server for another at the same place, or why the difference is another one.
result<void> is_exchange(const difference& differ) {
  if (differ.gone.size() != 1 || differ.come.size() != 1)
    return not_proved(
        std::to_string(differ.gone.size()) +
        " of the old servers are not in the new grid file as they were, and " +
        std::to_string(differ.come.size()) +
        " in the new one were not in the old one; only one server for one other has been proved, so do it "
        "one by one where that is what is wanted");
  const auto& gone = differ.gone.front();
  const auto& come = differ.come.front();
  if (gone.id == come.id)
    return not_proved("server \"" + come.name +
                      "\" has another place in files' order (permutation-seed, preferred)");
  if (!same_place(gone, come))
    return not_proved("server \"" + come.name + "\" does not come at the place of \"" + gone.name +
                      "\", so that files' order of servers changes: give it permutation-seed = that of \"" +
                      gone.name + "\" (its id, where the grid file names none), and preferred as there");
  return {};
}

/// One step between grid files of which one at least has both sets.
enum class stage_step : std::uint8_t { none, begin, change_sides, end };

bool same_servers(const strict_grid& a, const strict_grid& b) {
  const auto differ = between(a, b);
  return differ.gone.empty() && differ.come.empty();
}

result<stage_step> step_between(const strict_grid& old, const strict_grid& next) {
  if (liars_more(old, next) != 0)
    return not_proved("servers and liars change at once; change one after the other");
  const auto same = [&](bool of_old, bool of_next) {
    return same_servers(one_set(old, of_old), one_set(next, of_next));
  };
  if (old.exchange && next.exchange) {
    if (same(true, true) && same(false, false))
      return stage_step::none;
    if (same(true, false) && same(false, true))
      return stage_step::change_sides;
    return not_proved("the two grid files are in the middle of two different exchanges; end one first");
  }
  if (same(true, true))
    return old.exchange ? stage_step::end : stage_step::begin;
  if (same(!old.exchange, !next.exchange))
    return not_proved("between the two grid files a stage is missing: the servers of the one without "
                      "[publish] leaving and coming must decide in the other before");
  return not_proved("the grid file without [publish] leaving and coming has neither the servers with the one "
                    "nor those with the other");
}

} // namespace

result<void> check_exchange(const strict_grid& grid) {
  const auto named = [&](const std::string& name) {
    return std::ranges::find(grid.members, name, &strict_member::name);
  };
  const auto leaving = named(grid.exchange->leaving);
  const auto coming = named(grid.exchange->coming);
  for (const auto& [at, name] :
       {std::pair(leaving, &grid.exchange->leaving), {coming, &grid.exchange->coming}})
    if (at == grid.members.end())
      return fail(errc::configuration,
                  "[publish] leaving and coming name servers of the grid file, and there is no \"" + *name +
                      "\"");
  if (leaving == coming)
    return fail(errc::configuration, "[publish] leaving and coming name the same server");
  if (auto fine = knows_all(grid, ""); !fine)
    return fine;
  if (grid.terms.rounds != 1)
    return not_proved("with rounds = 2 no server may be exchanged while writers run");
  return is_exchange({{*leaving}, {*coming}});
}

std::size_t servers_of_a_set(const strict_grid& of) {
  return of.members.size() - (of.exchange && !of.members.empty() ? 1 : 0);
}

namespace {

/// Shares of a setting that is two steps away are refused (R11), so that none may be left when the next step begins.
constexpr const char* repair_all =
    "Repair every file with it (`truckee repair --all`) when all writers have it: whoever "
    "goes one step further refuses shares of the setting before this one.";
constexpr const char* name_each_other =
    "Name the old grid file as [publish] neighbour in the new one, and the new one in the old one, at "
    "all writers.";
constexpr const char* repair_again =
    "When all writers name it, repair every file with the old grid file as it then is, so that each version "
    "that was acknowledged is on both sets of servers.";
constexpr const char* one_after_the_other = "Take the new grid file, one writer after the other.";

change_plan plan_stage(stage_step step) {
  switch (step) {
  case stage_step::none:
    return {change_way::none, {"Nothing changes for writers: take the new grid file one after the other."}};
  case stage_step::begin:
  case stage_step::end:
    return {change_way::both_sets, {name_each_other, one_after_the_other, repair_all}};
  case stage_step::change_sides:
    return {change_way::both_sets, {name_each_other, repair_again, one_after_the_other, repair_all}};
  }
  return {};
}

/// Without a server to spare.
change_plan plan_both_sets(const strict_member& gone, const strict_member& come) {
  const auto names = "leaving = \"" + gone.name + "\" and coming = \"" + come.name + "\"";
  return {
      change_way::both_sets,
      {"No server can be spared, so both are written meanwhile. Make two grid files between, with all old "
       "servers and \"" +
           come.name + "\", and [publish] " + names +
           ": the first with decides = \"old\", the second with decides = \"new\". From one step to the "
           "next, "
           "each file names the one before or after it as [publish] neighbour; `truckee grid check-change` "
           "says of each step whether its writers may meet.",
       "Take the first one between, one writer after the other, until all have it.", repair_all,
       "Let the first one name the second as its neighbour, at all writers, and then repair every file with "
       "it "
       "again, so that each version that was acknowledged is on both sets of servers.",
       "Take the second one between, one writer after the other, until all have it.", repair_all,
       "Take the new grid file, one writer after the other: \"" + gone.name + "\" is not needed any more.",
       repair_all}};
}

} // namespace

result<change_plan> plan_change(const strict_grid& old, const strict_grid& next) {
  if (auto fine = same_shape(old, next); !fine)
    return tl::unexpected(fine.error());
  if (old.exchange || next.exchange)
    return step_between(old, next).map(plan_stage);
  const auto differ = between(old, next);
  const auto more = liars_more(old, next);
  if (differ.gone.empty() && differ.come.empty()) {
    if (more == 0)
      return change_plan{change_way::none,
                         {"Nothing changes for writers: take the new grid file one after the other."}};
    if (more == 1)
      return change_plan{change_way::liars, {name_each_other, one_after_the_other, repair_all}};
    if (more == -1)
      return change_plan{
          change_way::liars,
          {"Repair every file with the old grid file, so that no version stands on a server that has gone.",
           name_each_other, one_after_the_other, repair_all}};
    return not_proved("liars is " + std::to_string(old.terms.liars) + " in the old grid file and " +
                      std::to_string(next.terms.liars) + " in the new one, more than one apart");
  }
  if (more != 0)
    return not_proved("servers and liars change at once; change one after the other");
  if (auto fine = is_exchange(differ); !fine)
    return tl::unexpected(fine.error());
  if (old.terms.rounds != 1)
    return not_proved("with rounds = 2 no server may be exchanged while writers run");
  if (old.terms.liars > 0)
    return change_plan{change_way::exchange,
                       {"Where at most " + std::to_string(old.terms.liars - 1) +
                            " servers may lie these two are the middle of an exchange (else each needs liars "
                            "one higher first): name each as "
                            "[publish] neighbour of the other, at all writers.",
                        "Take the new one, one writer after the other: \"" + differ.come.front().name +
                            "\" comes for \"" + differ.gone.front().name + "\".",
                        repair_all, "Set liars one lower, and check that step too."}};
  const strict_terms meanwhile{static_cast<std::uint8_t>(old.terms.liars + 1), 1};
  if (!can_be_strict(old.k, old.n, old.members.size(), meanwhile))
    return plan_both_sets(differ.gone.front(), differ.come.front());
  const auto higher = "liars = " + std::to_string(meanwhile.liars);
  return change_plan{change_way::exchange,
                     {"Make two grid files between: the old one and the new one, each with " + higher +
                          ". From one step to the next, each file names the one before or after it as "
                          "[publish] neighbour; `truckee grid "
                          "check-change` says of each step whether its writers may meet.",
                      "Take the old one with " + higher + ", one writer after the other, until all have it.",
                      repair_all,
                      "Take the new one with " + higher + ", one writer after the other: \"" +
                          differ.come.front().name + "\" comes for \"" + differ.gone.front().name + "\".",
                      repair_all, "Take the new grid file, one writer after the other.", repair_all}};
}

result<void> may_meet(const strict_grid& one, const strict_grid& other) {
  if (auto fine = same_shape(one, other); !fine)
    return fine;
  if (one.exchange || other.exchange)
    return step_between(one, other).map([](stage_step) {});
  const auto differ = between(one, other);
  const auto more = liars_more(one, other);
  if (differ.gone.empty() && differ.come.empty()) {
    if (more >= -1 && more <= 1)
      return {};
    return not_proved("liars is more than one apart");
  }
  if (more != 0)
    return not_proved("servers and liars change at once");
  if (auto fine = is_exchange(differ); !fine)
    return fine;
  if (one.terms.rounds != 1 || one.terms.liars == 0)
    return not_proved(
        "a server is exchanged with liars one higher than the servers that may lie, so at least 1, and "
        "rounds = 1; here liars = " +
        std::to_string(one.terms.liars) + " and rounds = " + std::to_string(one.terms.rounds));
  return {};
}

result<strict_setting> setting_of(const strict_grid& of, const storage_index& file,
                                  const std::optional<setting_hash>& neighbour) {
  if (auto fine = knows_all(of, ""); !fine)
    return tl::unexpected(fine.error());
  const auto in_order = [&](const strict_grid& set) {
    std::vector<ranked_server> ranked;
    for (const auto& member : set.members)
      ranked.push_back(
          {*member.id, crypto::derive_permutation_rank(file, seed_of(member)), member.preferred});
    return permuted_order(std::move(ranked));
  };
  strict_choice choice{of.k, of.n, in_order(one_set(of, true)), of.terms.liars, of.terms.rounds, neighbour};
  if (of.exchange)
    choice.others = in_order(one_set(of, false));
  return strict_setting::make(std::move(choice));
}

} // namespace truckee::grid
