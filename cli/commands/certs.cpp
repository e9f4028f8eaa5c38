#include "truckee/base/text.hpp"
#include "truckee/cli/command.hpp"
#include "truckee/status/json_text.hpp"
#include "truckee/tls/certificates.hpp"

#include <nlohmann/json.hpp>

namespace truckee::cli {

namespace {

struct certs_options {
  std::string directory;
  std::vector<std::string> names;
};

int certs(const certs_options& o, const global_options& global) {
  const auto made = tls::make_certificates(o.directory, o.names);
  if (!made)
    return complain(made.error());
  if (global.json) {
    nlohmann::json out{
        {"ca", made->ca.string()}, {"ca_is_new", made->ca_is_new}, {"nodes", nlohmann::json::array()}};
    for (const auto& node : made->nodes)
      out["nodes"].push_back(
          {{"name", node.name}, {"certificate", node.certificate.string()}, {"key", node.key.string()}});
    return give(status::json_text(out));
  }
  auto text =
      std::string("CA ") + (made->ca_is_new ? "made" : "used") + ": " + escaped(made->ca.string()) + "\n";
  for (const auto& node : made->nodes)
    text += escaped(node.name + ": " + node.certificate.string() + ", " + node.key.string()) + "\n";
  return give(text + "Give each node its two files and ca.pem; keep ca.key where no node has it.\n");
}

} // namespace

void add_certs(CLI::App& app, program& p) {
  auto o = std::make_shared<certs_options>();
  auto* cmd = app.add_subcommand(
      "certs",
      "truckee certs /etc/truckee/certs alpha beta client\n\n"
      "Makes certificates for mutual TLS between Truckee's own nodes. A certificate authority is made\n"
      "in DIR, or the one there is used; each name gets a certificate and a key. Whoever holds one\n"
      "of them is trusted by all.");
  cmd->add_option("DIR", o->directory, "Folder for the files; made when absent")->required();
  cmd->add_option("NAME", o->names, "Names of nodes")->required();
  cmd->callback([&p, o] { p.run = [&p, o] { return certs(*o, p.options); }; });
}

} // namespace truckee::cli
