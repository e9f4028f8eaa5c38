#include "truckee/settings/log_table.hpp"

#include <vector>

namespace truckee::settings {

namespace {

std::optional<logs::level> read_level(const toml_table& t, std::string_view key) {
  const auto word = t.text(key, "a level");
  const auto level = word ? logs::level_named(*word) : std::nullopt;
  if (word && !level)
    t.complain(key, "expected one of " + logs::level_words());
  return level;
}

} // namespace

logs::settings read_log_table(const toml::table& table, const std::filesystem::path& folder,
                              toml_problem& problem) {
  logs::settings out;
  const toml_table t{table, "[log]", log_keys, problem};
  out.least = read_level(t, "level");
  if (const auto word = t.text("format", "text or json")) {
    out.format = logs::line_format_named(*word);
    if (!out.format)
      t.complain("format", "expected text or json");
  }
  if (const auto file = t.path("file", "the path of a file"))
    out.file = (folder / *file).lexically_normal();
  if (!t.has("levels"))
    return out;
  const auto* levels = table["levels"].as_table();
  if (!levels) {
    t.complain("levels", "expected a table, e.g. { link = \"debug\" }");
    return out;
  }
  std::vector<std::string_view> components;
  for (std::uint8_t i = 0; i < logs::component_count; ++i)
    components.push_back(logs::to_text(static_cast<logs::component>(i)));
  const toml_table each{*levels, "[log] levels", components, problem};
  for (const auto& name : components)
    if (const auto level = read_level(each, name))
      out.levels[*logs::component_named(name)] = *level;
  return out;
}

} // namespace truckee::settings
