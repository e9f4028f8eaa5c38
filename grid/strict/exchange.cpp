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

result<void> knows_all(const strict_grid& x, const char* which) {
  if (x.order != order_name::strict)
    return not_proved(
        std::string("the ") + which +
        " grid file writes in place, and one writer in place breaks what strict writers were promised");
  for (const auto& member : x.members)
    if (!member.id)
      return fail(errc::configuration, std::string("the ") + which +
                                           " grid file does not say which id server \"" + member.name +
                                           "\" has, so that it cannot be compared; add [[server]] id");
  if (auto can = can_be_strict(x.k, x.n, x.members.size(), x.terms); !can)
    return fail(errc::configuration, std::string("the ") + which + " grid file: " + can.error().detail);
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
  if (auto fine = knows_all(old, "old"); !fine)
    return fine;
  if (auto fine = knows_all(next, "new"); !fine)
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

} // namespace

namespace {

/// Shares of a setting that is two steps away are refused (R11), so that none may be left when the next step begins.
constexpr const char* repair_all =
    "Repair every file with it (`truckee repair --all`) when all writers have it: whoever "
    "goes one step further refuses shares of the setting before this one.";

} // namespace

result<change_plan> plan_change(const strict_grid& old, const strict_grid& next) {
  if (auto fine = same_shape(old, next); !fine)
    return tl::unexpected(fine.error());
  const auto differ = between(old, next);
  const auto more = liars_more(old, next);
  if (differ.gone.empty() && differ.come.empty()) {
    if (more == 0)
      return change_plan{change_way::none,
                         {"Nothing changes for writers: take the new grid file one after the other."}};
    if (more == 1)
      return change_plan{
          change_way::liars,
          {"Name the old grid file as [publish] neighbour in the new one, and the new one in the old one, at "
           "all writers.",
           "Take the new grid file, one writer after the other.", repair_all}};
    if (more == -1)
      return change_plan{
          change_way::liars,
          {"Repair every file with the old grid file, so that no version stands on a server that has gone.",
           "Name the old grid file as [publish] neighbour in the new one, and the new one in the old one, at "
           "all writers.",
           "Take the new grid file, one writer after the other.", repair_all}};
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
    return not_proved("the exchange needs one server to spare, liars = " + std::to_string(meanwhile.liars) +
                      ", and " + std::to_string(old.k) + " of " + std::to_string(old.n) + " on " +
                      std::to_string(old.members.size()) +
                      " servers have none; writing to both sets of servers meanwhile is not built");
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

result<strict_setting> setting_of(const strict_grid& of, const storage_index& file) {
  if (auto fine = knows_all(of, "neighbouring"); !fine)
    return tl::unexpected(fine.error());
  std::vector<ranked_server> ranked;
  for (const auto& member : of.members)
    ranked.push_back({*member.id, crypto::derive_permutation_rank(file, seed_of(member)), member.preferred});
  return strict_setting::make(
      {of.k, of.n, permuted_order(std::move(ranked)), of.terms.liars, of.terms.rounds});
}

} // namespace truckee::grid
