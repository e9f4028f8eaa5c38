#include "model/explorer.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <fmt/format.h>
#include <iostream>

using namespace truckee::model;

namespace {

std::string words_of(const scope& bounds) {
  std::string out;
  for (const auto& client : bounds.clients) {
    out += out.empty() ? "" : " ";
    for (const auto& one : client)
      out += "wrsf"[static_cast<std::size_t>(one.what)];
  }
  if (!bounds.stages.empty())
    out += ", stages";
  for (const auto stage : bounds.stages)
    out += " " + std::to_string(stage);
  return out;
}

std::string row(const scope& bounds, const findings& found) {
  return fmt::format("| {} | {} of {} on {}, H = {} | {} | {} | {} | {} | {} | {} | {} | {} | {:.1f} |",
                     bounds.name, bounds.k, bounds.n, bounds.places,
                     bounds.setting(*bounds.all_stages().begin()).confirming(), bounds.rounds,
                     words_of(bounds), bounds.tries, bounds.crashes, bounds.faults,
                     bounds.warm ? "yes" : "no", found.states, found.transitions, found.seconds) +
         (found.broken.empty() ? found.complete ? "" : " not complete" : " broken");
}

constexpr auto head =
    "| size | spread | rounds | clients | tries | crashes | faults | warm | states | transitions | seconds "
    "|\n|---|---|---|---|---|---|---|---|---|---|---|";

} // namespace

int main(int argc, char** argv) {
  CLI::App app{"Example: model --all\n         model pair\n         model --k 2 --n 3 --servers 3 "
               "--clients 'w w r' "
               "--crashes 1\n\nExplores everything that can happen to a few strict writers and readers, "
               "breadth first, by the "
               "real decisions of\ngrid/strict; prints the shortest way to a broken promise, or a table. "
               "Exit code 1: a "
               "promise is broken."};
  std::vector<std::string> names;
  std::string words = "w w";
  std::string stages;
  scope own{"own", 1, 3, 3, 1, {}, 2, 0, 0, 0, false};
  std::size_t states_max = 50'000'000;
  bool all = false;
  bool list = false;
  bool details = false;
  app.add_option("SIZE", names, "Sizes by their names (--list); none: what the options below say");
  app.add_flag("--all", all, "All sizes that have names");
  app.add_flag("--list", list, "Lists them");
  app.add_flag("--details", details, "What the decisions came to on the way");
  app.add_option("--k", own.k, "Shares that are enough")->check(CLI::Range(1, 4));
  app.add_option("--n", own.n, "Shares of a version")->check(CLI::Range(1, 4));
  app.add_option("--servers", own.places, "Servers")->check(CLI::Range(1, int(places_at_most)));
  app.add_option("--rounds", own.rounds, "1, or 2: each publish begins with the barrier")
      ->check(CLI::Range(1, 2));
  app.add_option(
      "--clients", words,
      "At most 3; their operations: w appends, r reads confirmed, s reads and settles, f fills in");
  app.add_option("--tries", own.tries, "Rounds an operation may take")->check(CLI::Range(1, 4));
  app.add_option("--crashes", own.crashes, "Clients that crash with messages under way");
  app.add_option("--faults", own.faults,
                 "Servers not heard, answers that do not come, messages that arrive twice");
  app.add_option("--empty", own.empty, "The last so many servers have nothing at first");
  app.add_option("--stages", stages,
                 "While a server is exchanged for another: each client's stage, 1 to 4; \"2 3\"");
  app.add_flag("--warm", own.warm, "A next operation begins on what the last publish left");
  app.add_option("--states", states_max, "Gives up after so many");
  CLI11_PARSE(app, argc, argv);

  std::vector<scope> chosen;
  for (const auto& known : known_scopes()) {
    if (list)
      std::cout << known.name << "\n";
    else if (all || std::ranges::find(names, known.name) != names.end())
      chosen.push_back(known);
  }
  if (list)
    return 0;
  if (!all && chosen.size() < names.size()) {
    std::cerr << "there is no size of that name; --list shows them\n";
    return 2;
  }
  if (chosen.empty()) {
    own.clients = parse_clients(words);
    own.stages = parse_stages(stages);
    if (!own.stages.empty() && (own.stages.size() != own.clients.size() || own.sites() > places_at_most)) {
      std::cerr << "a stage for each client, and " << places_at_most
                << " servers at most, the one that comes among them\n";
      return 2;
    }
    if (own.clients.size() > clients_at_most) {
      std::cerr << "3 clients at most\n";
      return 2;
    }
    chosen.push_back(own);
  }

  bool broken = false;
  std::cout << head << "\n";
  for (const auto& bounds : chosen) {
    const auto found = explore(bounds, states_max);
    std::cout << row(bounds, found) << std::endl;
    if (details)
      std::cout << fmt::format(
          "  told {}, client steps {}; publishes {}, barriers {}, purges {}, resends {}, lost rounds "
          "{}, recognised {}, warm {}, fill-ins {} ({} doubtful)\n",
          found.told, found.client_steps, found.met.publishes, found.met.barriers, found.met.purges,
          found.met.resends, found.met.lost_rounds, found.met.recognised, found.met.warm, found.met.fill_ins,
          found.met.doubtful_fill_ins);
    if (!found.broken.empty()) {
      broken = true;
      std::cout << "\nbroken: " << found.broken << "\n";
      for (const auto& line : found.trace)
        std::cout << "  " << line << "\n";
    }
  }
  return broken ? 1 : 0;
}
