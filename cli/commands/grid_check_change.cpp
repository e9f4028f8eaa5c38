#include "truckee/base/text.hpp"
#include "truckee/cli/command.hpp"
#include "truckee/grid/strict/exchange.hpp"
#include "truckee/settings/grid_file.hpp"
#include "truckee/status/json_text.hpp"

#include <nlohmann/json.hpp>

namespace truckee::cli {

namespace {

struct check_change_options {
  std::string old_file;
  std::string new_file;
};

std::string words_of(const grid::change_plan& plan, bool meet) {
  std::string out;
  for (std::size_t i = 0; i < plan.steps.size(); ++i)
    out += std::to_string(i + 1) + ". " + escaped(plan.steps[i]) + "\n";
  return out +
         (meet ? "Writers of both may write at the same time, where each names the other as its neighbour.\n"
               : "Writers of these two must never write at the same time.\n");
}

result<int> check_change(const check_change_options& o, const global_options& global) {
  const auto old = settings::read_grid_file(o.old_file);
  if (!old)
    return tl::unexpected(old.error());
  const auto next = settings::read_grid_file(o.new_file);
  if (!next)
    return tl::unexpected(next.error());
  const auto from = settings::strict_grid_of(*old);
  const auto to = settings::strict_grid_of(*next);
  const auto plan = grid::plan_change(from, to);
  if (!plan) // whatever kept it from being proved stands in the files
    return fail(errc::configuration, plan.error().detail);
  const bool meet = grid::may_meet(from, to).has_value();
  return give(global.json ? status::json_text(
                                {{"way", to_word(plan->way)}, {"may_meet", meet}, {"steps", plan->steps}})
                          : words_of(*plan, meet));
}

} // namespace

void add_grid_check_change(CLI::App& grid, program& p) {
  auto o = std::make_shared<check_change_options>();
  auto* cmd = grid.add_subcommand("check-change", "truckee grid check-change old.toml new.toml\n\n"
                                                  "Says how writers come from one grid file to another while "
                                                  "files are kept strictly: the steps, and whether\n"
                                                  "writers of both may write at the same time. What has not "
                                                  "been proved is refused, and nothing is changed.\n"
                                                  "Both files must name every server's id.");
  cmd->add_option("OLD", o->old_file, "The grid file that writers have")->required();
  cmd->add_option("NEW", o->new_file, "The grid file that they shall have")->required();
  cmd->callback([&p, o] { p.run = [&p, o] { return finish(check_change(*o, p.options)); }; });
}

} // namespace truckee::cli
